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

type Kept =
  | { readonly status: "loading" }
  | { readonly status: "refused" }
  | { readonly status: "there"; readonly drawings: readonly LabelledDrawing[] };

/** All that the visitor told the truth about: a tally, the drawings, and ways to save and delete them. */
export function LabelledDrawings() {
  const [kept, setKept] = useState<Kept>({ status: "loading" });
  const [all, setAll] = useState(false);
  const [asking, setAsking] = useState(false);
  /** What each deletion took away, the last one last. */
  const [deleted, setDeleted] = useState<readonly (readonly LabelledDrawing[])[]>([]);
  const [said, setSaid] = useState("");
  const status = useRef<HTMLDivElement>(null);
  const saving = useId();

  const refresh = async () => setKept({ status: "there", drawings: await loadDrawings() });
  const attempt = async (work: () => Promise<void>) => {
    try {
      await work();
      await refresh();
    } catch (error) {
      if (error instanceof StorageError && error.full) setSaid(correctionsPage.full);
      else setKept({ status: "refused" });
    }
  };
  useEffect(() => {
    let here = true;
    loadDrawings().then(
      (drawings) => here && setKept({ status: "there", drawings }),
      () => here && setKept({ status: "refused" }),
    );
    return () => {
      here = false;
    };
  }, []);

  if (kept.status === "loading") return <p className={styles.loading}>{correctionsPage.loading}</p>;
  if (kept.status === "refused") return <p role="alert">{correctionsPage.refused}</p>;
  const { drawings } = kept;

  const remove = (those: readonly LabelledDrawing[]) =>
    attempt(async () => {
      await deleteDrawings(those);
      setAsking(false);
      setDeleted((before) => [...before, those]);
      setSaid(correctionsPage.deleted(those.length));
      // The button that was pressed is gone; undo is what is wanted next, if anything.
      status.current?.focus();
    });
  const restore = (those: readonly LabelledDrawing[]) =>
    attempt(async () => {
      await saveDrawings(those);
      setDeleted((before) => before.filter((each) => each !== those));
      setSaid(correctionsPage.restored(those.length));
      status.current?.focus();
    });

  const lastDeleted = deleted.at(-1);
  const wrong = drawings.filter(isMistake);
  const shown = all ? drawings : wrong;
  const idx = toIdx(drawings);
  return (
    <div className={styles.mistakes}>
      <div ref={status} className={styles.status} tabIndex={-1}>
        <p role="status">{said}</p>
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
          <Tally drawings={drawings} />
          <section className={styles.drawings} aria-label={correctionsPage.title}>
            <div className={styles.filter} role="group" aria-label={correctionsPage.filter.label}>
              <button type="button" className="button" aria-pressed={!all} onClick={() => setAll(false)}>
                {correctionsPage.filter.mistakes(wrong.length)}
              </button>
              <button type="button" className="button" aria-pressed={all} onClick={() => setAll(true)}>
                {correctionsPage.filter.all(drawings.length)}
              </button>
            </div>
            {shown.length === 0 && <p>{correctionsPage.noMistakes}</p>}
            <ul>
              {shown.map((drawing) => (
                <li key={drawing.id} data-testid="kept" data-wrong={isMistake(drawing)}>
                  <figure>
                    <PixelGrid pixels={drawing.pixels} label={correctionsPage.drawing(drawing)} />
                    <figcaption>
                      <b>{correctionsPage.was(drawing.truth)}</b> {correctionsPage.read(drawing.read)}
                    </figcaption>
                  </figure>
                  <button
                    type="button"
                    className="button"
                    aria-label={correctionsPage.delete(drawing)}
                    onClick={() => void remove([drawing])}
                  >
                    {correctionsPage.deleteSign}
                  </button>
                </li>
              ))}
            </ul>
          </section>

          <section className={styles.save} aria-labelledby={saving} tabIndex={-1}>
            <h2 id={saving}>{correctionsPage.save.heading}</h2>
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
              {asking ? (
                <>
                  <span>{correctionsPage.confirm(drawings.length)}</span>
                  <button
                    type="button"
                    className="button"
                    autoFocus
                    onClick={({ currentTarget }) => {
                      // The button goes; whoever pressed it stays where it was.
                      currentTarget.closest("section")?.focus({ preventScroll: true });
                      setAsking(false);
                    }}
                  >
                    {correctionsPage.confirmNo}
                  </button>
                  <button type="button" className="button" onClick={() => void remove(drawings)}>
                    {correctionsPage.confirmYes}
                  </button>
                </>
              ) : (
                <button type="button" className="button" onClick={() => setAsking(true)}>
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

function Tally({ drawings }: { readonly drawings: readonly LabelledDrawing[] }) {
  const rows = tallies(drawings).filter((tally) => tally.drawings > 0);
  const right = drawings.filter((drawing) => !isMistake(drawing)).length;
  return (
    <table className={styles.tally}>
      <caption>{correctionsPage.table.caption}</caption>
      <thead>
        <tr>
          <th scope="col">{correctionsPage.table.truth}</th>
          <th scope="col">{correctionsPage.table.drawings}</th>
          <th scope="col">{correctionsPage.table.right}</th>
          <th scope="col">{correctionsPage.table.share}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((tally) => (
          <tr key={tally.truth}>
            <th scope="row">{tally.truth ?? correctionsPage.table.none}</th>
            <td>{tally.drawings}</td>
            <td>{tally.right}</td>
            <td>{correctionsPage.table.shareOf(tally.right, tally.drawings)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{correctionsPage.table.all}</th>
          <td>{drawings.length}</td>
          <td>{right}</td>
          <td>{correctionsPage.table.shareOf(right, drawings.length)}</td>
        </tr>
      </tfoot>
    </table>
  );
}
