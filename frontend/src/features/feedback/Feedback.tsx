import Link from "next/link";
import { useId, useState } from "react";
import { useInstrument } from "@/features/recognizer/context";
import { isMistake, type KeptDrawing, type Truth } from "@/lib/feedback/drawings";
import { forget, keep, KeepError } from "@/lib/feedback/store";
import { feedback } from "@/text/feedback";
import styles from "./Feedback.module.css";

/** Asks what the digit that is shown was meant to be, and keeps the answer on this device. */
export default function Feedback() {
  const { settled, release } = useInstrument();
  const [told, setTold] = useState<{ readonly glyph: unknown; readonly drawing: KeptDrawing } | null>(null);
  const [said, setSaid] = useState("");
  const headed = useId();
  const glyph = settled?.glyph ?? null;
  const drawing = told !== null && told.glyph === glyph ? told.drawing : null;

  const attempt = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      setSaid(error instanceof KeepError && error.full ? feedback.full : feedback.refused);
    }
  };
  const takeBack = async (kept: KeptDrawing) => {
    await forget([kept]);
    setTold(null);
  };
  const tell = (truth: Truth) =>
    attempt(async () => {
      if (settled === null || glyph === null || release === null) return;
      // Whoever corrects themselves has still drawn one digit.
      if (drawing !== null) await takeBack(drawing);
      const when = new Date().toISOString();
      const { subject } = settled;
      const kept: KeptDrawing = {
        id: `${when}-${crypto.getRandomValues(new Uint32Array(1))[0]?.toString(16)}`,
        when,
        truth,
        read: glyph.rejected ? null : glyph.digit,
        confidence: glyph.confidence,
        release: release.id,
        pixels: glyph.pixels,
        strokes: subject.kind === "ink" ? subject.strokes.filter((_, i) => glyph.strokes.includes(i)) : [],
      };
      await keep([kept]);
      setTold({ glyph, drawing: kept });
      setSaid(feedback.kept(truth, isMistake(kept)));
    });

  return (
    <section className={styles.feedback} aria-labelledby={headed} data-testid="feedback">
      <h2 id={headed}>{feedback.heading}</h2>
      <div className={styles.choices} role="group" aria-label={feedback.digits}>
        {[...Array(10).keys(), null].map((truth) => (
          <button
            key={truth}
            type="button"
            className={`button ${styles.choice}`}
            aria-pressed={drawing !== null && drawing.truth === truth}
            aria-disabled={glyph === null}
            onClick={() => void tell(truth)}
          >
            {truth ?? feedback.none}
          </button>
        ))}
      </div>
      <div className={styles.said}>
        <p role="status">{said}</p>
        {drawing !== null && (
          <button
            type="button"
            className="button"
            onClick={() =>
              void attempt(async () => {
                await takeBack(drawing);
                setSaid(feedback.takenBack);
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
