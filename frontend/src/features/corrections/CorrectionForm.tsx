import Link from "next/link";
import { useEffect, useId, useReducer, useState } from "react";
import { type Instrument, useInstrument } from "@/features/draw/RecognizerContext";
import { PixelView } from "@/ui/PixelGrid";
import { isMistake, type KeptDrawing, type Truth } from "@/lib/corrections/drawings";
import { KeepError } from "@/lib/corrections/store";
import { readingOf, recall, takeBack, tell, toldOf } from "@/lib/corrections/labels";
import type { Glyph } from "@/lib/inference/messages";
import { feedback } from "@/text/corrections";
import styles from "./CorrectionForm.module.css";

/** Asks what the digit that is shown was meant to be, and keeps the answer on this device. */
export default function Feedback() {
  const { settled, release } = useInstrument();
  const [said, setSaid] = useState<{ readonly glyph: Glyph; readonly text: string } | null>(null);
  const headed = useId();
  const glyph = settled?.glyph ?? null;
  const place = settled?.answer.glyphs.indexOf(settled.glyph) ?? 0;
  const reading = settled && readingOf(settled.subject, place);
  /** Of a number, the digit's place in it; null for one that stands alone. */
  const which = settled !== null && settled.answer.glyphs.length > 1 ? place : null;
  const drawing = reading && toldOf(reading);
  const [, showRecalled] = useReducer((times: number) => times + 1, 0);

  useEffect(() => {
    if (settled === null || reading === null) return;
    // A browser that keeps nothing says so to who tells it something.
    recall(settled.subject, reading, strokesOf(settled)).then(
      (found) => found && showRecalled(),
      () => {},
    );
  }, [settled, reading]);

  /** @param work - Gives what to say of it. */
  const attempt = async (of: Glyph, work: () => Promise<string>) => {
    try {
      setSaid({ glyph: of, text: await work() });
    } catch (error) {
      const full = error instanceof KeepError && error.full;
      setSaid({ glyph: of, text: full ? feedback.full : feedback.refused });
    }
  };
  const choose = (truth: Truth) => {
    if (settled === null || reading === null || release === null) return;
    const when = new Date().toISOString();
    const { glyph } = settled;
    const told: KeptDrawing = {
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
      await tell(reading, told);
      return feedback.kept(truth, isMistake(told), which);
    });
  };

  return (
    <section className={styles.feedback} aria-labelledby={headed} tabIndex={-1} data-testid="feedback">
      <h2 id={headed}>{feedback.heading(which)}</h2>
      {glyph !== null && which !== null && (
        <div className={styles.one}>
          <PixelView pixels={glyph.pixels} label={feedback.shown(which)} />
          <p>{feedback.others}</p>
        </div>
      )}
      <div className={styles.choices} role="group" aria-label={feedback.digits}>
        {[...Array(10).keys(), null].map((truth) => (
          <button
            key={truth}
            type="button"
            className={`button ${styles.choice}`}
            aria-pressed={drawing !== null && drawing.truth === truth}
            aria-disabled={glyph === null}
            onClick={() => choose(truth)}
          >
            {truth ?? feedback.none}
          </button>
        ))}
      </div>
      <div className={styles.said}>
        <p role="status">{said !== null && said.glyph === glyph && said.text}</p>
        {glyph !== null && reading !== null && drawing !== null && (
          <button
            type="button"
            className="button"
            onClick={({ currentTarget }) =>
              void attempt(glyph, async () => {
                await takeBack(reading);
                // The button goes; whoever pressed it stays where it was.
                currentTarget.closest("section")?.focus({ preventScroll: true });
                return feedback.takenBack;
              })
            }
          >
            {feedback.takeBack}
          </button>
        )}
      </div>
      <p className={styles.private}>
        {feedback.private}{" "}
        <Link href="/mistakes" prefetch={false}>
          {feedback.link}
        </Link>
        .
      </p>
    </section>
  );
}

/** The ink of the digit that is shown. */
function strokesOf({ subject, glyph }: NonNullable<Instrument["settled"]>): KeptDrawing["strokes"] {
  return subject.kind === "ink" ? subject.strokes.filter((_, i) => glyph.strokes.includes(i)) : [];
}
