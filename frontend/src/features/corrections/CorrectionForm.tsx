import Link from "next/link";
import { useEffect, useId, useReducer, useState } from "react";
import { PixelGrid } from "@/ui/PixelGrid";
import { isMistake, type LabelledDrawing, type Label } from "@/lib/corrections/drawings";
import { StorageError } from "@/lib/corrections/store";
import { digitKey, restoreLabel, removeLabel, saveLabel, labelOf } from "@/lib/corrections/labels";
import { correctionText } from "@/text/corrections";
import styles from "./CorrectionForm.module.css";
import type { Glyph, ReleaseInfo, SettledPrediction } from "@/lib/inference/types";

/** Asks what the digit that is shown was meant to be, and keeps the answer on this device. */
export default function CorrectionForm({
  settled,
  release,
}: {
  readonly settled: SettledPrediction | null;
  /** The release that made the prediction. */
  readonly release: ReleaseInfo | null;
}) {
  const [said, setSaid] = useState<{ readonly glyph: Glyph; readonly text: string } | null>(null);
  const headed = useId();
  const glyph = settled?.glyph ?? null;
  const index = settled?.prediction.glyphs.indexOf(settled.glyph) ?? 0;
  const key = settled && digitKey(settled.input, index);
  /** Of a number, the digit's index in it; null for one that stands alone. */
  const which = settled !== null && settled.prediction.glyphs.length > 1 ? index : null;
  const drawing = key && labelOf(key);
  const [, showRestored] = useReducer((times: number) => times + 1, 0);

  useEffect(() => {
    if (settled === null || key === null) return;
    // A browser that keeps nothing says so to who tells it something.
    restoreLabel(settled.input, key, strokesOf(settled)).then(
      (found) => found && showRestored(),
      () => {},
    );
  }, [settled, key]);

  /** @param work - Gives what to say of it. */
  const attempt = async (of: Glyph, work: () => Promise<string>) => {
    try {
      setSaid({ glyph: of, text: await work() });
    } catch (error) {
      const full = error instanceof StorageError && error.full;
      setSaid({ glyph: of, text: full ? correctionText.full : correctionText.refused });
    }
  };
  const choose = (truth: Label) => {
    if (settled === null || key === null || release === null) return;
    const when = new Date().toISOString();
    const { glyph } = settled;
    const labelled: LabelledDrawing = {
      id: `${when}-${crypto.getRandomValues(new Uint32Array(1))[0]?.toString(16)}`,
      when,
      truth,
      read: glyph.rejected ? null : glyph.digit,
      confidence: glyph.confidence,
      release: release.id,
      pixels: glyph.pixels,
      strokes: strokesOf(settled),
    };
    void attempt(glyph, async () => {
      await saveLabel(key, labelled);
      return correctionText.kept(truth, isMistake(labelled), which);
    });
  };

  return (
    <section className={styles.feedback} aria-labelledby={headed} tabIndex={-1} data-testid="feedback">
      <h2 id={headed}>{correctionText.heading(which)}</h2>
      {glyph !== null && which !== null && (
        <div className={styles.one}>
          <PixelGrid pixels={glyph.pixels} label={correctionText.shown(which)} />
          <p>{correctionText.others}</p>
        </div>
      )}
      <div className={styles.choices} role="group" aria-label={correctionText.digits}>
        {[...Array(10).keys(), null].map((truth) => (
          <button
            key={truth}
            type="button"
            className={`button ${styles.choice}`}
            aria-pressed={drawing !== null && drawing.truth === truth}
            aria-disabled={glyph === null}
            onClick={() => choose(truth)}
          >
            {truth ?? correctionText.none}
          </button>
        ))}
      </div>
      <div className={styles.said}>
        <p role="status">{said !== null && said.glyph === glyph && said.text}</p>
        {glyph !== null && key !== null && drawing !== null && (
          <button
            type="button"
            className="button"
            onClick={({ currentTarget }) =>
              void attempt(glyph, async () => {
                await removeLabel(key);
                // The button goes; whoever pressed it stays where it was.
                currentTarget.closest("section")?.focus({ preventScroll: true });
                return correctionText.takenBack;
              })
            }
          >
            {correctionText.takeBack}
          </button>
        )}
      </div>
      <p className={styles.private}>
        {correctionText.private}{" "}
        <Link href="/mistakes" prefetch={false}>
          {correctionText.link}
        </Link>
        .
      </p>
    </section>
  );
}

/** The ink of the digit that is shown. */
function strokesOf({ input, glyph }: SettledPrediction): LabelledDrawing["strokes"] {
  return input.kind === "ink" ? input.strokes.filter((_, i) => glyph.strokes.includes(i)) : [];
}
