import Link from "next/link";
import { useEffect, useId, useReducer, useState } from "react";
import { PixelGrid } from "@/ui/PixelGrid";
import { isMistake, LABELS, type LabelledDrawing, type Label } from "@/lib/corrections/drawings";
import { StorageError } from "@/lib/corrections/store";
import { digitKey, restoreLabel, removeLabel, saveLabel, labelOf } from "@/lib/corrections/labels";
import { correctionText } from "@/text/corrections";
import styles from "./CorrectionForm.module.css";
import type { Glyph, ReleaseInfo, SettledPrediction } from "@/lib/inference/types";

/** Asks for the correct digit and saves it with the drawing on this device. */
export default function CorrectionForm({
  settled,
  release,
}: {
  readonly settled: SettledPrediction | null;
  /** The release that made the prediction. */
  readonly release: ReleaseInfo | null;
}) {
  const [message, setMessage] = useState<{ readonly glyph: Glyph; readonly text: string } | null>(null);
  const headingId = useId();
  const glyph = settled?.glyph ?? null;
  const index = settled?.prediction.glyphs.indexOf(settled.glyph) ?? 0;
  const key = settled && digitKey(settled.input, index);
  /** Index of the digit in its number; null for a single digit. */
  const position = settled !== null && settled.prediction.glyphs.length > 1 ? index : null;
  const drawing = key && labelOf(key);
  const [, rerender] = useReducer((renders: number) => renders + 1, 0);

  useEffect(() => {
    if (settled === null || key === null) return;
    // A storage error is shown when the visitor saves an answer.
    restoreLabel(settled.input, key, strokesOf(settled)).then(
      (found) => found && rerender(),
      () => {},
    );
  }, [settled, key]);

  /** @param work - Returns the message to show. */
  const attempt = async (of: Glyph, work: () => Promise<string>) => {
    try {
      setMessage({ glyph: of, text: await work() });
    } catch (error) {
      const problem = error instanceof StorageError ? error.problem : "failed";
      setMessage({ glyph: of, text: correctionText.notSaved[problem] });
    }
  };
  const choose = (label: Label) => {
    if (settled === null || key === null || release === null) return;
    const when = new Date().toISOString();
    const { glyph } = settled;
    const labelled: LabelledDrawing = {
      id: `${when}-${crypto.getRandomValues(new Uint32Array(1))[0]?.toString(16)}`,
      when,
      label,
      prediction: glyph.rejected ? null : glyph.digit,
      confidence: glyph.confidence,
      release: release.id,
      pixels: glyph.pixels,
      strokes: strokesOf(settled),
    };
    void attempt(glyph, async () => {
      await saveLabel(key, labelled);
      return correctionText.saved(label, isMistake(labelled), position);
    });
  };

  return (
    <section className={styles.form} aria-labelledby={headingId} tabIndex={-1} data-testid="correction-form">
      <h2 id={headingId}>{correctionText.heading(position)}</h2>
      {glyph !== null && position !== null && (
        <div className={styles.selectedDigit}>
          <PixelGrid pixels={glyph.pixels} label={correctionText.shown(position)} />
          <p>{correctionText.selectOther}</p>
        </div>
      )}
      <div className={styles.choices} role="group" aria-label={correctionText.digits}>
        {LABELS.map((label) => (
          <button
            key={label}
            type="button"
            className={`button ${styles.choice}`}
            aria-pressed={drawing !== null && drawing.label === label}
            aria-disabled={glyph === null}
            onClick={() => choose(label)}
          >
            {label ?? correctionText.none}
          </button>
        ))}
      </div>
      <div className={styles.status}>
        <p role="status">{message !== null && message.glyph === glyph && message.text}</p>
        {glyph !== null && key !== null && drawing !== null && (
          <button
            type="button"
            className="button"
            onClick={({ currentTarget }) =>
              void attempt(glyph, async () => {
                await removeLabel(key);
                // The button is removed, so move the focus to the section.
                currentTarget.closest("section")?.focus({ preventScroll: true });
                return correctionText.removed;
              })
            }
          >
            {correctionText.remove}
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

/** Strokes of the shown digit; empty for images and pixel grids. */
function strokesOf({ input, glyph }: SettledPrediction): LabelledDrawing["strokes"] {
  return input.kind === "ink" ? input.strokes.filter((_, i) => glyph.strokes.includes(i)) : [];
}
