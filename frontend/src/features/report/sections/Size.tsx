import type { Facts } from "@/lib/inference/release/report";
import { reportText } from "@/text/report";
import styles from "../ModelReport.module.css";

const text = reportText.speed;

/** The size of the model. */
export function Size({ facts }: { readonly facts: Facts }) {
  return (
    <dl className={styles.facts}>
      {[
        [text.parameters, text.parametersOf(facts)],
        [text.multiplyAdds, text.multiplyAddsOf(facts)],
        [text.bytes, text.bytesOf(facts)],
      ].map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
