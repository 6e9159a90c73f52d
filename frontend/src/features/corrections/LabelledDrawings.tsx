"use client";

import Link from "next/link";
import { useEffect, useId, useRef, useState } from "react";
import { PixelGrid } from "@/ui/PixelGrid";
import { isMistake, type LabelledDrawing, tallies } from "@/lib/corrections/drawings";
import { toIdx, toJson } from "@/lib/corrections/exportFiles";
import { deleteDrawings, saveDrawings, loadDrawings, StorageError } from "@/lib/corrections/store";
import { saveFile } from "@/lib/saveFile";
import { correctionsPage } from "@/text/corrections";
import styles from "./LabelledDrawings.module.css";

type DrawingsState =
  | { readonly status: "loading" }
  | { readonly status: "unavailable" }
  | { readonly status: "ready"; readonly drawings: readonly LabelledDrawing[] };

/** The labelled drawings: the accuracy on them, the drawings themselves, and buttons to save and delete them. */
export function LabelledDrawings() {
  const [state, setState] = useState<DrawingsState>({ status: "loading" });
  const [showAll, setShowAll] = useState(false);
  const [confirming, setConfirming] = useState(false);
  /** The drawings of each deletion that can be undone, in the order of the deletions. */
  const [deleted, setDeleted] = useState<readonly (readonly LabelledDrawing[])[]>([]);
  const [message, setMessage] = useState("");
  const status = useRef<HTMLDivElement>(null);
  const saveHeadingId = useId();

  const refresh = async () => setState({ status: "ready", drawings: await loadDrawings() });
  const attempt = async (work: () => Promise<void>) => {
    try {
      await work();
      await refresh();
    } catch (error) {
      if (error instanceof StorageError && error.full) setMessage(correctionsPage.full);
      else setState({ status: "unavailable" });
    }
  };
  useEffect(() => {
    let mounted = true;
    loadDrawings().then(
      (drawings) => mounted && setState({ status: "ready", drawings }),
      () => mounted && setState({ status: "unavailable" }),
    );
    return () => {
      mounted = false;
    };
  }, []);

  if (state.status === "loading") return <p className={styles.loading}>{correctionsPage.loading}</p>;
  if (state.status === "unavailable") return <p role="alert">{correctionsPage.unavailable}</p>;
  const { drawings } = state;

  const remove = (removed: readonly LabelledDrawing[]) =>
    attempt(async () => {
      await deleteDrawings(removed);
      setConfirming(false);
      setDeleted((before) => [...before, removed]);
      setMessage(correctionsPage.deleted(removed.length));
      // The button is removed, so move the focus to the undo button's row.
      status.current?.focus();
    });
  const restore = (restored: readonly LabelledDrawing[]) =>
    attempt(async () => {
      await saveDrawings(restored);
      setDeleted((before) => before.filter((each) => each !== restored));
      setMessage(correctionsPage.restored(restored.length));
      status.current?.focus();
    });

  const lastDeleted = deleted.at(-1);
  const mistakes = drawings.filter(isMistake);
  const shown = showAll ? drawings : mistakes;
  const idx = toIdx(drawings);
  return (
    <div className={styles.mistakes}>
      <div ref={status} className={styles.status} tabIndex={-1}>
        <p role="status">{message}</p>
        {lastDeleted !== undefined && (
          <button type="button" className="button" onClick={() => void restore(lastDeleted)}>
            {correctionsPage.undo}
          </button>
        )}
      </div>

      {drawings.length === 0 ? (
        <p className={styles.empty}>
          {correctionsPage.empty.text}{" "}
          <Link href="/" prefetch={false}>
            {correctionsPage.empty.link}
          </Link>
        </p>
      ) : (
        <>
          <AccuracyTable drawings={drawings} />
          <section className={styles.drawings} aria-label={correctionsPage.title}>
            <div className={styles.filter} role="group" aria-label={correctionsPage.filter.label}>
              <button
                type="button"
                className="button"
                aria-pressed={!showAll}
                onClick={() => setShowAll(false)}
              >
                {correctionsPage.filter.mistakes(mistakes.length)}
              </button>
              <button
                type="button"
                className="button"
                aria-pressed={showAll}
                onClick={() => setShowAll(true)}
              >
                {correctionsPage.filter.all(drawings.length)}
              </button>
            </div>
            {shown.length === 0 && <p>{correctionsPage.noMistakes}</p>}
            <ul>
              {shown.map((drawing) => (
                <li key={drawing.id} data-testid="labelled-drawing" data-wrong={isMistake(drawing)}>
                  <figure>
                    <PixelGrid pixels={drawing.pixels} label={correctionsPage.drawing(drawing)} />
                    <figcaption>
                      <b>{correctionsPage.label(drawing.label)}</b>{" "}
                      {correctionsPage.predicted(drawing.prediction)}
                    </figcaption>
                  </figure>
                  <button
                    type="button"
                    className="button"
                    aria-label={correctionsPage.delete(drawing)}
                    onClick={() => void remove([drawing])}
                  >
                    {correctionsPage.deleteShort}
                  </button>
                </li>
              ))}
            </ul>
          </section>

          <section className={styles.save} aria-labelledby={saveHeadingId} tabIndex={-1}>
            <h2 id={saveHeadingId}>{correctionsPage.save.heading}</h2>
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
                onClick={() => saveFile(correctionsPage.files.images, idx.images, "application/octet-stream")}
              >
                {correctionsPage.save.images}
              </button>
              <button
                type="button"
                className="button"
                onClick={() => saveFile(correctionsPage.files.labels, idx.labels, "application/octet-stream")}
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
                  <button type="button" className="button" onClick={() => void remove(drawings)}>
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
        </>
      )}
    </div>
  );
}

function AccuracyTable({ drawings }: { readonly drawings: readonly LabelledDrawing[] }) {
  const rows = tallies(drawings).filter((tally) => tally.drawings > 0);
  const correct = drawings.filter((drawing) => !isMistake(drawing)).length;
  return (
    <table className={styles.accuracyTable}>
      <caption>{correctionsPage.table.caption}</caption>
      <thead>
        <tr>
          <th scope="col">{correctionsPage.table.digit}</th>
          <th scope="col">{correctionsPage.table.drawings}</th>
          <th scope="col">{correctionsPage.table.correct}</th>
          <th scope="col">{correctionsPage.table.accuracy}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((tally) => (
          <tr key={tally.label}>
            <th scope="row">{tally.label ?? correctionsPage.table.none}</th>
            <td>{tally.drawings}</td>
            <td>{tally.correct}</td>
            <td>{correctionsPage.table.accuracyOf(tally.correct, tally.drawings)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{correctionsPage.table.all}</th>
          <td>{drawings.length}</td>
          <td>{correct}</td>
          <td>{correctionsPage.table.accuracyOf(correct, drawings.length)}</td>
        </tr>
      </tfoot>
    </table>
  );
}
