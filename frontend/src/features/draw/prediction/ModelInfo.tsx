import { memo } from "react";
import { draw } from "@/text/draw";
import { errorText } from "@/text/errors";
import { modelText } from "@/text/model";
import styles from "./ModelInfo.module.css";
import type { ModelState } from "../state";

const text = draw.colophon;

/**
 * Which network answers, where it came from, how good it is and how quick it was; and whether there is a newer one.
 * Left as it is while the pen is down.
 */
export const ModelInfo = memo(function Colophon({
  model: { release, newer },
  milliseconds,
  onAccept,
}: {
  readonly model: Extract<ModelState, { status: "ready" }>;
  /** Taken by the last settled answer; null where there is none. */
  readonly milliseconds: number | null;
  readonly onAccept: () => void;
}) {
  const { id, origin, fallbackReason, accuracy, testImages, standIn, backend } = release;
  return (
    <footer className={styles.colophon} tabIndex={-1}>
      <div className={styles.offer}>
        <p aria-live="polite">
          {newer !== null && (
            <>
              <b>{text.newer}</b> {text.release} <code>{newer.id}</code>, {text.readsRight(newer.accuracy)}
            </>
          )}
        </p>
        {newer !== null && (
          <button
            type="button"
            className="button"
            onClick={(event) => {
              // The button goes; whoever pressed it is left with what it changed.
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
          <dt>{text.network}</dt>
          <dd>
            {text.networkOf} <code>{id}</code>, {modelText.whence[origin]}
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
      {standIn && (
        <p className={styles.note}>
          <b>{text.standIn}</b> {text.standInWhy}
        </p>
      )}
    </footer>
  );
});
