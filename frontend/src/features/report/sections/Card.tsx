import type { CardSection } from "@/lib/inference/release/report";
import { reportText } from "@/text/report";
import styles from "../ModelReport.module.css";

/** The model card. */
export function Card({ sections }: { readonly sections: readonly CardSection[] }) {
  return (
    <section>
      <h2>{reportText.card.heading}</h2>
      <div className={styles.prose}>
        {sections.map(({ heading, paragraphs }) => (
          <section key={heading}>
            <h3>{heading}</h3>
            {paragraphs.map((paragraph) => (
              <p key={paragraph}>{reportText.card.paragraph(paragraph)}</p>
            ))}
          </section>
        ))}
      </div>
    </section>
  );
}
