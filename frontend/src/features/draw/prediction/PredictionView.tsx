import type { CSSProperties } from "react";
import { draw } from "@/text/draw";
import { errorText } from "@/text/errors";
import { numberOf, percent } from "@/text/numbers";
import { PixelGrid } from "@/ui/PixelGrid";
import { DownloadProgress } from "@/ui/DownloadProgress";
import styles from "./PredictionView.module.css";
import type { ModelState, Phase } from "../state";
import type { Prediction, Glyph } from "@/lib/inference/types";

/** The prediction: its digits, their probabilities and the model's input image. */
export function PredictionView({
  phase,
  model,
  prediction,
  glyph,
  onChoose,
  onRetry,
}: {
  readonly phase: Phase;
  readonly model: ModelState;
  /** The latest prediction, settled or live. */
  readonly prediction: Prediction | null;
  /** The digit whose details are shown. */
  readonly glyph: Glyph | null;
  readonly onChoose: (index: number) => void;
  readonly onRetry: () => void;
}) {
  return (
    <section
      className={styles.predictionView}
      tabIndex={-1}
      aria-label={draw.prediction.label}
      data-testid="prediction"
      data-state={phase}
      data-number={prediction === null ? "none" : prediction.numbers.map(numberOf).join(" ")}
      data-rejected={prediction?.glyphs.some(({ rejected }) => rejected) ?? false}
      data-digit={glyph?.digit ?? "none"}
      data-confidence={glyph?.confidence ?? 0}
      data-release={model.status === "ready" ? model.release.id : "none"}
    >
      <div className={styles.result}>
        {model.status === "failed" ? (
          <div role="alert" className={styles.failure}>
            <p>
              <strong>{draw.prediction.failed}</strong> {errorText(model.problem)} {draw.prediction.inkKept}
            </p>
            <button
              type="button"
              className="button"
              onClick={(event) => {
                // The button is removed with the error, so move the focus to the section.
                event.currentTarget.closest("section")?.focus();
                onRetry();
              }}
            >
              {draw.prediction.retry}
            </button>
          </div>
        ) : (
          <div className={prediction === null ? styles.waiting : styles.prediction}>
            <DigitButtons prediction={prediction} shown={glyph} onChoose={onChoose} />
            <p className={styles.summary}>
              <em>{prediction === null ? placeholderOf(phase) : draw.prediction.summary(prediction)}</em>
              {prediction !== null && (
                <span className={styles.confidence}>{draw.prediction.confidence(prediction)}</span>
              )}
              {prediction !== null && glyph !== null && prediction.glyphs.length > 1 && (
                // Hidden from screen readers, because the pressed button says the same.
                <span className={styles.confidence} aria-hidden="true">
                  {draw.prediction.selectedDigit(prediction.glyphs.indexOf(glyph), glyph)}
                </span>
              )}
              {model.status === "loading" && model.progress !== null && (
                <DownloadProgress progress={model.progress} />
              )}
            </p>
          </div>
        )}
      </div>

      <figure className={styles.input}>
        <PixelGrid
          pixels={glyph?.pixels ?? null}
          label={glyph === null ? draw.input.none : draw.input.label}
        />
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
          prediction !== null &&
          `${draw.prediction.announcement(prediction)}, ${draw.prediction.confidence(prediction)}`}
      </p>
    </section>
  );
}

/** The text shown instead of a prediction. */
function placeholderOf(phase: Phase): string {
  const { placeholders } = draw.prediction;
  return phase === "loading" || phase === "empty" ? placeholders[phase] : placeholders.pending;
}

/** The recognized digit in large type, or the digits of a number as buttons that select one. */
function DigitButtons({
  prediction,
  shown,
  onChoose,
}: {
  readonly prediction: Prediction | null;
  readonly shown: Glyph | null;
  readonly onChoose: (index: number) => void;
}) {
  const [only, ...others] = prediction?.glyphs ?? [];
  if (prediction === null || only === undefined) return <span className={styles.digit} />;
  const { glyphs, numbers } = prediction;
  const size = { "--digits": Math.max(...numbers.map((line) => line.length)) } as CSSProperties;
  if (others.length === 0) {
    return (
      <span className={only.rejected ? styles.rejected : styles.digit} style={size}>
        {numbers.map(numberOf)}
      </span>
    );
  }
  return (
    <span className={styles.numbers} style={size} role="group" aria-label={draw.prediction.digits}>
      {numbers.map((line, number) => (
        <span key={number} className={styles.number}>
          {line.map((symbol, i) =>
            typeof symbol === "string" ? (
              <span key={i}>{symbol}</span>
            ) : (
              <button
                key={i}
                type="button"
                className={symbol.rejected ? styles.rejectedDigit : undefined}
                aria-pressed={symbol === shown}
                aria-label={draw.prediction.digit(symbol)}
                onClick={() => onChoose(glyphs.indexOf(symbol))}
              >
                {draw.prediction.symbol(symbol)}
              </button>
            ),
          )}
        </span>
      ))}
    </span>
  );
}
