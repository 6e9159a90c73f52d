import { memo } from "react";
import { draw } from "@/text/draw";
import { errorText } from "@/text/errors";
import { modelText } from "@/text/model";
import styles from "./ModelInfo.module.css";
import type { ModelState } from "../state";

const text = draw.modelInfo;

/** The running model: release, origin, accuracy and speed, and the offer of a newer release. */
export const ModelInfo = memo(function ModelInfo({
  model: { release, newer },
  milliseconds,
  onAccept,
}: {
  readonly model: Extract<ModelState, { status: "ready" }>;
  /** Duration of the last settled prediction; null if there is none. */
  readonly milliseconds: number | null;
  readonly onAccept: () => void;
}) {
  const { id, origin, fallbackReason, accuracy, testImages, usesFallbackData, expired, backend } = release;
  return (
    <footer className={styles.modelInfo} tabIndex={-1}>
      <div className={styles.offer}>
        <p aria-live="polite">
          {newer !== null && (
            <>
              <b>{text.newer}</b> {text.release} <code>{newer.id}</code>, {text.newerAccuracy(newer.accuracy)}
            </>
          )}
        </p>
        {newer !== null && (
          <button
            type="button"
            className="button"
            onClick={(event) => {
              // The button is removed, so move the focus to the footer.
              event.currentTarget.closest("footer")?.focus();
              onAccept();
            }}
          >
            {text.accept}
          </button>
        )}
      </div>
      <dl>
        <div>
          <dt>{text.model}</dt>
          <dd>
            {text.release} <code>{id}</code>, {modelText.origin[origin]}
          </dd>
        </div>
        <div>
          <dt>{text.accuracy}</dt>
          <dd>{text.accuracyOf(accuracy, testImages)}</dd>
        </div>
        <div>
          <dt>{text.speed}</dt>
          <dd>{text.speedOf(milliseconds, backend)}</dd>
        </div>
      </dl>
      <div aria-live="polite">
        {fallbackReason !== null && (
          <p className={styles.note}>
            <b>{text.fallback}</b> {text.fallbackTo[origin]} {errorText(fallbackReason)}
          </p>
        )}
      </div>
      {expired && <p className={styles.note}>{modelText.expired}</p>}
      {usesFallbackData && (
        <p className={styles.note}>
          <b>{text.fallbackData}</b> {text.fallbackDataWarning}
        </p>
      )}
    </footer>
  );
});
