"use client";

import Link from "next/link";
import { useEffect, useId, useRef, useState } from "react";
import { PixelView } from "@/ui/PixelGrid";
import { isMistake, type KeptDrawing, tallies } from "@/lib/corrections/drawings";
import { toIdx, toJson } from "@/lib/corrections/exportFiles";
import { forget, keep, keptDrawings, KeepError } from "@/lib/corrections/store";
import { saveFile } from "@/lib/saveFile";
import { mistakes } from "@/text/corrections";
import styles from "./LabelledDrawings.module.css";

type Kept =
  | { readonly status: "loading" }
  | { readonly status: "refused" }
  | { readonly status: "there"; readonly drawings: readonly KeptDrawing[] };

/** All that the visitor told the truth about: a tally, the drawings, and ways to save and delete them. */
export function Mistakes() {
  const [kept, setKept] = useState<Kept>({ status: "loading" });
  const [all, setAll] = useState(false);
  const [asking, setAsking] = useState(false);
  /** What each deletion took away, the last one last. */
  const [deleted, setDeleted] = useState<readonly (readonly KeptDrawing[])[]>([]);
  const [said, setSaid] = useState("");
  const status = useRef<HTMLDivElement>(null);
  const saving = useId();

  const refresh = async () => setKept({ status: "there", drawings: await keptDrawings() });
  const attempt = async (work: () => Promise<void>) => {
    try {
      await work();
      await refresh();
    } catch (error) {
      if (error instanceof KeepError && error.full) setSaid(mistakes.full);
      else setKept({ status: "refused" });
    }
  };
  useEffect(() => {
    let here = true;
    keptDrawings().then(
      (drawings) => here && setKept({ status: "there", drawings }),
      () => here && setKept({ status: "refused" }),
    );
    return () => {
      here = false;
    };
  }, []);

  if (kept.status === "loading") return <p className={styles.loading}>{mistakes.loading}</p>;
  if (kept.status === "refused") return <p role="alert">{mistakes.refused}</p>;
  const { drawings } = kept;

  const remove = (those: readonly KeptDrawing[]) =>
    attempt(async () => {
      await forget(those);
      setAsking(false);
      setDeleted((before) => [...before, those]);
      setSaid(mistakes.deleted(those.length));
      // The button that was pressed is gone; undo is what is wanted next, if anything.
      status.current?.focus();
    });
  const restore = (those: readonly KeptDrawing[]) =>
    attempt(async () => {
      await keep(those);
      setDeleted((before) => before.filter((each) => each !== those));
      setSaid(mistakes.restored(those.length));
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
            {mistakes.undo}
          </button>
        )}
      </div>

      {drawings.length === 0 ? (
        <p className={styles.empty}>
          {mistakes.empty.text}{" "}
          <Link href="/" prefetch={false}>
            {mistakes.empty.link}
          </Link>
        </p>
      ) : (
        <>
          <Tally drawings={drawings} />
          <section className={styles.drawings} aria-label={mistakes.title}>
            <div className={styles.filter} role="group" aria-label={mistakes.filter.label}>
              <button type="button" className="button" aria-pressed={!all} onClick={() => setAll(false)}>
                {mistakes.filter.mistakes(wrong.length)}
              </button>
              <button type="button" className="button" aria-pressed={all} onClick={() => setAll(true)}>
                {mistakes.filter.all(drawings.length)}
              </button>
            </div>
            {shown.length === 0 && <p>{mistakes.noMistakes}</p>}
            <ul>
              {shown.map((drawing) => (
                <li key={drawing.id} data-testid="kept" data-wrong={isMistake(drawing)}>
                  <figure>
                    <PixelView pixels={drawing.pixels} label={mistakes.drawing(drawing)} />
                    <figcaption>
                      <b>{mistakes.was(drawing.truth)}</b> {mistakes.read(drawing.read)}
                    </figcaption>
                  </figure>
                  <button
                    type="button"
                    className="button"
                    aria-label={mistakes.delete(drawing)}
                    onClick={() => void remove([drawing])}
                  >
                    {mistakes.deleteSign}
                  </button>
                </li>
              ))}
            </ul>
          </section>

          <section className={styles.save} aria-labelledby={saving} tabIndex={-1}>
            <h2 id={saving}>{mistakes.save.heading}</h2>
            <p>{mistakes.save.text}</p>
            <p className={styles.buttons}>
              <button
                type="button"
                className="button"
                onClick={() => saveFile(mistakes.files.json, toJson(drawings), "application/json")}
              >
                {mistakes.save.json}
              </button>
              <button
                type="button"
                className="button"
                onClick={() => saveFile(mistakes.files.images, idx.images, "application/octet-stream")}
              >
                {mistakes.save.images}
              </button>
              <button
                type="button"
                className="button"
                onClick={() => saveFile(mistakes.files.labels, idx.labels, "application/octet-stream")}
              >
                {mistakes.save.labels}
              </button>
            </p>
            <p className={styles.buttons}>
              {asking ? (
                <>
                  <span>{mistakes.confirm(drawings.length)}</span>
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
                    {mistakes.confirmNo}
                  </button>
                  <button type="button" className="button" onClick={() => void remove(drawings)}>
                    {mistakes.confirmYes}
                  </button>
                </>
              ) : (
                <button type="button" className="button" onClick={() => setAsking(true)}>
                  {mistakes.deleteAll}
                </button>
              )}
            </p>
          </section>
        </>
      )}
    </div>
  );
}

function Tally({ drawings }: { readonly drawings: readonly KeptDrawing[] }) {
  const rows = tallies(drawings).filter((tally) => tally.drawings > 0);
  const right = drawings.filter((drawing) => !isMistake(drawing)).length;
  return (
    <table className={styles.tally}>
      <caption>{mistakes.table.caption}</caption>
      <thead>
        <tr>
          <th scope="col">{mistakes.table.truth}</th>
          <th scope="col">{mistakes.table.drawings}</th>
          <th scope="col">{mistakes.table.right}</th>
          <th scope="col">{mistakes.table.share}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((tally) => (
          <tr key={tally.truth}>
            <th scope="row">{tally.truth ?? mistakes.table.none}</th>
            <td>{tally.drawings}</td>
            <td>{tally.right}</td>
            <td>{mistakes.table.shareOf(tally.right, tally.drawings)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{mistakes.table.all}</th>
          <td>{drawings.length}</td>
          <td>{right}</td>
          <td>{mistakes.table.shareOf(right, drawings.length)}</td>
        </tr>
      </tfoot>
    </table>
  );
}
