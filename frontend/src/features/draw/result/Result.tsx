import type { CSSProperties } from "react";
import type { Answer, Glyph } from "@/lib/inference/messages";
import { draw } from "@/text/draw";
import { network } from "@/text/model";
import { numberOf, percent } from "@/text/numbers";
import { PixelView } from "@/ui/PixelGrid";
import styles from "./Result.module.css";
import type { Model, Phase } from "../state";

/** What the network makes of the ink: its digit, its doubts, and the image that it judged. */
export function Reading({
  phase,
  model,
  answer,
  glyph,
  onChoose,
  onRetry,
}: {
  readonly phase: Phase;
  readonly model: Model;
  /** The latest answer to what is on the paper, settled or not. */
  readonly answer: Answer | null;
  /** The digit of the number that is shown closely. */
  readonly glyph: Glyph | null;
  readonly onChoose: (index: number) => void;
  readonly onRetry: () => void;
}) {
  return (
    <section
      className={styles.reading}
      tabIndex={-1}
      aria-label={draw.reading.label}
      data-testid="prediction"
      data-state={phase}
      data-number={answer === null ? "none" : numberOf(answer.glyphs)}
      data-rejected={answer?.glyphs.some(({ rejected }) => rejected) ?? false}
      data-digit={glyph?.digit ?? "none"}
      data-confidence={glyph?.confidence ?? 0}
      data-release={model.status === "ready" ? model.release.id : "none"}
    >
      <div className={styles.verdict}>
        {model.status === "failed" ? (
          <div role="alert" className={styles.failure}>
            <p>
              <strong>{draw.reading.failed}</strong> {model.reason} {draw.reading.inkKept}
            </p>
            <button
              type="button"
              className="button"
              onClick={(event) => {
                // The button goes with the failure, and would take the focus along.
                event.currentTarget.closest("section")?.focus();
                onRetry();
              }}
            >
              {draw.reading.retry}
            </button>
          </div>
        ) : (
          <div className={answer === null ? styles.waiting : styles.answer}>
            <Figures answer={answer} shown={glyph} onChoose={onChoose} />
            <p className={styles.words}>
              <em>{answer === null ? waitingFor(phase) : draw.reading.inWords(answer)}</em>
              {answer !== null && (
                <span className={styles.confidence}>{draw.reading.confidence(answer)}</span>
              )}
              {answer !== null && glyph !== null && answer.glyphs.length > 1 && (
                <span className={styles.confidence}>
                  {draw.reading.shown(answer.glyphs.indexOf(glyph), glyph)}
                </span>
              )}
              {model.status === "loading" && model.progress !== null && (
                <span className={styles.progress}>
                  <progress
                    aria-label={network.progress}
                    value={model.progress.received}
                    max={model.progress.total}
                  />
                  {network.arrived(model.progress.received, model.progress.total)}
                </span>
              )}
            </p>
          </div>
        )}
      </div>

      <figure className={styles.input}>
        <PixelView pixels={glyph?.pixels ?? null} />
        <figcaption>
          <b>{draw.input.figure}</b> {draw.input.caption}
        </figcaption>
      </figure>

      <figure className={styles.bars}>
        <ol aria-label={draw.bars.label}>
          {Array.from({ length: 10 }, (_, digit) => {
            const probability = glyph?.probabilities[digit];
            return (
              <li key={digit} className={digit === glyph?.digit ? styles.best : undefined}>
                <span className={styles.label}>{digit}</span>
                <span className={styles.track} aria-hidden="true">
                  {probability !== undefined && (
                    <span className={styles.bar} style={{ transform: `scaleX(${probability})` }} />
                  )}
                </span>
                <span className={styles.share}>
                  {probability === undefined ? draw.bars.none : percent(probability)}
                </span>
              </li>
            );
          })}
        </ol>
        <figcaption>
          <b>{draw.bars.figure}</b> {draw.bars.caption}
        </figcaption>
      </figure>

      <p role="status" className="visually-hidden">
        {phase === "settled" &&
          answer !== null &&
          `${draw.reading.verdict(answer)}, ${draw.reading.confidence(answer)}`}
      </p>
    </section>
  );
}

/** Said in the place of an answer. */
function waitingFor(phase: Phase): string {
  const { waiting } = draw.reading;
  return phase === "loading" || phase === "empty" ? waiting[phase] : waiting.pending;
}

/** What was read, large: one digit, or a number whose digits can be chosen to be looked at closely. */
function Figures({
  answer,
  shown,
  onChoose,
}: {
  readonly answer: Answer | null;
  readonly shown: Glyph | null;
  readonly onChoose: (index: number) => void;
}) {
  const [only, ...others] = answer?.glyphs ?? [];
  if (answer === null || only === undefined) return <span className={styles.digit} />;
  if (others.length === 0) {
    return (
      <span className={only.rejected ? styles.rejected : styles.digit}>
        {only.rejected ? "?" : only.digit}
      </span>
    );
  }
  return (
    <span
      className={styles.number}
      style={{ "--digits": answer.glyphs.length } as CSSProperties}
      role="group"
      aria-label={draw.reading.digits}
    >
      {answer.glyphs.map((glyph, i) => (
        <button
          key={i}
          type="button"
          className={glyph.rejected ? styles.doubtful : undefined}
          aria-pressed={glyph === shown}
          aria-label={draw.reading.digit(glyph)}
          onClick={() => onChoose(i)}
        >
          {glyph.digit}
        </button>
      ))}
    </span>
  );
}
