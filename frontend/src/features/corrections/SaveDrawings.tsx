import { useId, useState } from "react";
import type { LabelledDrawing } from "@/lib/corrections/drawings";
import { toIdx, toJson } from "@/lib/corrections/exportFiles";
import { saveFile } from "@/lib/saveFile";
import { correctionsPage } from "@/text/corrections";
import styles from "./SaveDrawings.module.css";

interface Props {
  readonly drawings: readonly LabelledDrawing[];
  /** Called when the visitor confirms the deletion of all drawings. */
  readonly onDelete: () => void;
}

/** Buttons that save the drawings as files, and one that deletes them all after a confirmation. */
export function SaveDrawings({ drawings, onDelete }: Props) {
  const [confirming, setConfirming] = useState(false);
  const headingId = useId();
  return (
    <section className={styles.save} aria-labelledby={headingId} tabIndex={-1}>
      <h2 id={headingId}>{correctionsPage.save.heading}</h2>
      <p>{correctionsPage.save.text}</p>
      <p className={styles.buttons}>
        <button
          type="button"
          className="button"
          onClick={() => saveFile(correctionsPage.files.json, toJson(drawings), "application/json")}
        >
          {correctionsPage.save.json}
        </button>
        <button
          type="button"
          className="button"
          onClick={() =>
            saveFile(correctionsPage.files.images, toIdx(drawings).images, "application/octet-stream")
          }
        >
          {correctionsPage.save.images}
        </button>
        <button
          type="button"
          className="button"
          onClick={() =>
            saveFile(correctionsPage.files.labels, toIdx(drawings).labels, "application/octet-stream")
          }
        >
          {correctionsPage.save.labels}
        </button>
      </p>
      <p className={styles.buttons}>
        {confirming ? (
          <>
            <span>{correctionsPage.confirm(drawings.length)}</span>
            <button
              type="button"
              className="button"
              autoFocus
              onClick={({ currentTarget }) => {
                // The button is removed, so move the focus to the section.
                currentTarget.closest("section")?.focus({ preventScroll: true });
                setConfirming(false);
              }}
            >
              {correctionsPage.confirmNo}
            </button>
            <button type="button" className="button" onClick={onDelete}>
              {correctionsPage.confirmYes}
            </button>
          </>
        ) : (
          <button type="button" className="button" onClick={() => setConfirming(true)}>
            {correctionsPage.deleteAll}
          </button>
        )}
      </p>
    </section>
  );
}
