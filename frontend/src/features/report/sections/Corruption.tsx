import type { Corruptions } from "@/lib/inference/release/report";
import { reportText } from "@/text/report";
import { Figure } from "../Figure";
import { Scale, ScaleTable } from "../Scale";
import styles from "../ModelReport.module.css";

const text = reportText.corruptions;

/** The accuracy on corrupted images (MNIST-C). */
export function Corruption({
  corruptions: { images, meanAccuracy, kinds },
  number,
}: {
  readonly corruptions: Corruptions;
  readonly number: number;
}) {
  const half = Math.ceil(kinds.length / 2);
  const caption = text.caption(images, meanAccuracy);
  return (
    <Figure number={number} caption={caption} wide>
      <div className={styles.halves}>
        {[kinds.slice(0, half), kinds.slice(half)].map((column, i) => (
          <ScaleTable
            key={i}
            caption={caption}
            columns={[text.kind, reportText.accuracy]}
            rows={column.map(({ name, accuracy }) => ({
              name: text.name(name),
              scale: <Scale bar={accuracy} />,
              values: [text.value(accuracy)],
            }))}
          />
        ))}
      </div>
    </Figure>
  );
}
