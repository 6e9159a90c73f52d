import type { Metadata } from "next";
import { ModelReport } from "@/features/report/ModelReport";
import { reportText } from "@/text/report";
import styles from "./page.module.css";

export const metadata: Metadata = { title: reportText.title, description: reportText.description };

export default function ModelPage() {
  return (
    <article className={styles.page}>
      <div className={styles.title}>
        <h1>{reportText.heading}</h1>
        <p>{reportText.subtitle}</p>
      </div>
      <noscript>
        <p className="noscript">
          <strong>{reportText.noScript.need}</strong> {reportText.noScript.why}
        </p>
      </noscript>
      <ModelReport />
    </article>
  );
}
