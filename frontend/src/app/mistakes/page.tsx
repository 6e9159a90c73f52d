import type { Metadata } from "next";
import { LabelledDrawings } from "@/features/corrections/LabelledDrawings";
import { correctionsPage } from "@/text/corrections";
import styles from "./page.module.css";

export const metadata: Metadata = { title: correctionsPage.title, description: correctionsPage.description };

export default function MistakesPage() {
  return (
    <article className={styles.page}>
      <h1>{correctionsPage.heading}</h1>
      <p>{correctionsPage.lead}</p>
      <noscript>
        <p className="noscript">
          <strong>{correctionsPage.noScript.need}</strong> {correctionsPage.noScript.why}
        </p>
      </noscript>
      <LabelledDrawings />
    </article>
  );
}
