import type { Metadata } from "next";
import { ModelReport } from "@/features/report/ModelReport";
import { model } from "@/text/report";
import styles from "./page.module.css";

export const metadata: Metadata = { title: model.title, description: model.description };

export default function ModelPage() {
  return (
    <article className={styles.page}>
      <div className={styles.title}>
        <h1>{model.heading}</h1>
        <p>{model.subtitle}</p>
      </div>
      <noscript>
        <p className="noscript">
          <strong>{model.noScript.need}</strong> {model.noScript.why}
        </p>
      </noscript>
      <ModelReport />
    </article>
  );
}
