import type { Metadata } from "next";
import { Mistakes } from "@/features/corrections/LabelledDrawings";
import { mistakes } from "@/text/corrections";
import styles from "./page.module.css";

export const metadata: Metadata = { title: mistakes.title, description: mistakes.description };

export default function MistakesPage() {
  return (
    <article className={styles.page}>
      <h1>{mistakes.heading}</h1>
      <p>{mistakes.lead}</p>
      <noscript>
        <p className="noscript">
          <strong>{mistakes.noScript.need}</strong> {mistakes.noScript.why}
        </p>
      </noscript>
      <Mistakes />
    </article>
  );
}
