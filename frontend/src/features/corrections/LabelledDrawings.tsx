"use client";

import Link from "next/link";
import { useEffect, useRef, useState } from "react";
import { PixelGrid } from "@/ui/PixelGrid";
import { isMistake, type LabelledDrawing } from "@/lib/corrections/drawings";
import {
  deleteDrawings,
  deleteRecords,
  loadDrawings,
  saveDrawings,
  StorageError,
  type StorageProblem,
  type StoredDrawings,
} from "@/lib/corrections/store";
import { correctionsPage } from "@/text/corrections";
import { AccuracyTable } from "./AccuracyTable";
import styles from "./LabelledDrawings.module.css";
import { SaveDrawings } from "./SaveDrawings";

type DrawingsState =
  | { readonly status: "loading" }
  | { readonly status: "unavailable"; readonly problem: StorageProblem }
  | ({ readonly status: "ready" } & StoredDrawings);

/** The labelled drawings: the accuracy on them, the drawings themselves, and buttons to save and delete them. */
export function LabelledDrawings() {
  const [state, setState] = useState<DrawingsState>({ status: "loading" });
  const [showAll, setShowAll] = useState(false);
  /** The drawings of each deletion that can be undone, in the order of the deletions. */
  const [deleted, setDeleted] = useState<readonly (readonly LabelledDrawing[])[]>([]);
  const [message, setMessage] = useState("");
  const status = useRef<HTMLDivElement>(null);

  const refresh = async () => setState({ status: "ready", ...(await loadDrawings()) });
  const attempt = async (work: () => Promise<void>) => {
    try {
      await work();
      await refresh();
    } catch (error) {
      const problem = problemOf(error);
      if (problem === "full") setMessage(correctionsPage.unavailable.full);
      else setState({ status: "unavailable", problem });
    }
  };
  useEffect(() => {
    let mounted = true;
    loadDrawings().then(
      (stored) => mounted && setState({ status: "ready", ...stored }),
      (error: unknown) => mounted && setState({ status: "unavailable", problem: problemOf(error) }),
    );
    return () => {
      mounted = false;
    };
  }, []);

  if (state.status === "loading") return <p className={styles.loading}>{correctionsPage.loading}</p>;
  if (state.status === "unavailable") {
    return <p role="alert">{correctionsPage.unavailable[state.problem]}</p>;
  }
  const { drawings, damaged } = state;

  const remove = (removed: readonly LabelledDrawing[]) =>
    attempt(async () => {
      await deleteDrawings(removed);
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
  const removeDamaged = () =>
    attempt(async () => {
      await deleteRecords(damaged);
      setMessage(correctionsPage.damaged.deleted(damaged.length));
      status.current?.focus();
    });

  const lastDeleted = deleted.at(-1);
  const mistakes = drawings.filter(isMistake);
  const shown = showAll ? drawings : mistakes;
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

      {damaged.length > 0 && (
        <p className={styles.empty} data-testid="damaged-drawings">
          {correctionsPage.damaged.text(damaged.length)}{" "}
          <button type="button" className="button" onClick={() => void removeDamaged()}>
            {correctionsPage.damaged.delete}
          </button>
        </p>
      )}

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

          <SaveDrawings drawings={drawings} onDelete={() => void remove(drawings)} />
        </>
      )}
    </div>
  );
}

function problemOf(error: unknown): StorageProblem {
  return error instanceof StorageError ? error.problem : "failed";
}
