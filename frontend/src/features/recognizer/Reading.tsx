import type { Answer } from "@/lib/inference/protocol";
import { PixelView } from "./PixelView";
import styles from "./Reading.module.css";
import type { Model, Phase } from "./state";
import { digitWord, kilobytes, percent } from "./words";

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
      aria-label="Reading"
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
              <strong>The network could not run.</strong> {model.reason} Your ink is kept.
            </p>
            <button type="button" className="button" onClick={onRetry}>
              Try again
            </button>
          </div>
        ) : (
          <p className={answer === null ? styles.waiting : styles.answer}>
            <span className={styles.digit}>{answer?.digit}</span>
            <span className={styles.words}>
              <em>{answer === null ? waitingFor(phase) : digitWord(answer.digit)}</em>
              {answer !== null && (
                <span className={styles.confidence}>{percent(answer.confidence)} sure</span>
              )}
              {model.status === "loading" && model.progress !== null && (
                <span className={styles.progress}>
                  <progress
                    aria-label="How much of the network has arrived"
                    value={model.progress.received}
                    max={model.progress.total}
                  />
                  {kilobytes(model.progress.received)} of {kilobytes(model.progress.total)} kB
                </span>
              )}
            </span>
          </p>
        )}
      </div>

      <figure className={styles.input}>
        <PixelView pixels={answer?.pixels ?? null} />
        <figcaption>
          <b>Fig. 2</b> What the network sees: 28 × 28 greys.
        </figcaption>
      </figure>

      <figure className={styles.bars}>
        <ol aria-label="Probability of each digit">
          {Array.from({ length: 10 }, (_, digit) => {
            const probability = answer?.probabilities[digit];
            return (
              <li key={digit} className={digit === answer?.digit ? styles.best : undefined}>
                <span className={styles.label}>{digit}</span>
                <span className={styles.track} aria-hidden="true">
                  {probability !== undefined && <span style={{ transform: `scaleX(${probability})` }} />}
                </span>
                <span className={styles.share}>{probability === undefined ? "–" : percent(probability)}</span>
              </li>
            );
          })}
        </ol>
        <figcaption>
          <b>Fig. 3</b> How it divides its belief among the ten digits.
        </figcaption>
      </figure>

      <p role="status" className="visually-hidden">
        {phase === "settled" &&
          answer !== null &&
          `${digitWord(answer.digit)}, ${percent(answer.confidence)} sure`}
      </p>
    </section>
  );
}

/** Said in the place of an answer. */
function waitingFor(phase: Phase): string {
  if (phase === "loading") return "Fetching the network…";
  return phase === "empty" ? "Waiting for ink" : "Reading…";
}
