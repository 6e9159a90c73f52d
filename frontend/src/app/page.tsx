"use client";

import { DrawPanels, type LoadPanel } from "@/features/draw/panels/DrawPanels";
import { Recognizer } from "@/features/draw/Recognizer";
import { draw } from "@/text/draw";
import styles from "./page.module.css";

const loadCorrectionForm: LoadPanel = () => import("@/features/corrections/CorrectionForm");

export default function DrawPage() {
  return (
    <div className={styles.page}>
      <div className={styles.title}>
        <h1>{draw.heading}</h1>
        <p>{draw.subtitle}</p>
      </div>
      <noscript>
        <p className="noscript">
          <strong>{draw.noScript.need}</strong> {draw.noScript.why} <a href="/about">{draw.noScript.link}</a>{" "}
          {draw.noScript.afterLink}
        </p>
      </noscript>
      <Recognizer>
        <DrawPanels loadCorrectionForm={loadCorrectionForm} />
      </Recognizer>
    </div>
  );
}
