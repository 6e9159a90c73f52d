import type { Answer } from "@/lib/inference/protocol";
import { draw } from "@/text/draw";
import { digitWord, percent } from "@/text/numbers";
import { PixelView } from "./PixelView";
import styles from "./Reading.module.css";
import type { Model, Phase } from "./state";

/** What the network makes of the ink: its digit, its doubts, and the image that it judged. */
export function Reading({
  phase,
  model,
  answer,
  onRetry,
}: {
  readonly phase: Phase;
  readonly model: Model;
  /** The latest answer to what is on the paper, settled or not. */
  readonly answer: Answer | null;
  readonly onRetry: () => void;
}) {
  return (
    <section
      className={styles.reading}
      aria-label={draw.reading.label}
      data-testid="prediction"
      data-state={phase}
      data-digit={answer?.digit ?? "none"}
      data-confidence={answer?.confidence ?? 0}
      data-release={model.status === "ready" ? model.release.id : "none"}
    >
      <div className={styles.verdict}>
        {model.status === "failed" ? (
          <div role="alert" className={styles.failure}>
            <p>
              <strong>{draw.reading.failed}</strong> {model.reason} {draw.reading.inkKept}
            </p>
            <button type="button" className="button" onClick={onRetry}>
              {draw.reading.retry}
            </button>
          </div>
        ) : (
          <p className={answer === null ? styles.waiting : styles.answer}>
            <span className={styles.digit}>{answer?.digit}</span>
            <span className={styles.words}>
              <em>{answer === null ? waitingFor(phase) : digitWord(answer.digit)}</em>
              {answer !== null && (
                <span className={styles.confidence}>{draw.reading.sure(answer.confidence)}</span>
              )}
              {model.status === "loading" && model.progress !== null && (
                <span className={styles.progress}>
                  <progress
                    aria-label={draw.reading.progress}
                    value={model.progress.received}
                    max={model.progress.total}
                  />
                  {draw.reading.arrived(model.progress.received, model.progress.total)}
                </span>
              )}
            </span>
          </p>
        )}
      </div>

      <figure className={styles.input}>
        <PixelView pixels={answer?.pixels ?? null} />
        <figcaption>
          <b>{draw.input.figure}</b> {draw.input.caption}
        </figcaption>
      </figure>

      <figure className={styles.bars}>
        <ol aria-label={draw.bars.label}>
          {Array.from({ length: 10 }, (_, digit) => {
            const probability = answer?.probabilities[digit];
            return (
              <li key={digit} className={digit === answer?.digit ? styles.best : undefined}>
                <span className={styles.label}>{digit}</span>
                <span className={styles.track} aria-hidden="true">
                  {probability !== undefined && <span style={{ transform: `scaleX(${probability})` }} />}
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
          `${digitWord(answer.digit)}, ${draw.reading.sure(answer.confidence)}`}
      </p>
    </section>
  );
}

/** Said in the place of an answer. */
function waitingFor(phase: Phase): string {
  const { waiting } = draw.reading;
  return phase === "loading" || phase === "empty" ? waiting[phase] : waiting.pending;
}
