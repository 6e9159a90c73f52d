"use client";

import { type ReactNode, useCallback, useEffect, useMemo, useState } from "react";
import { draw } from "@/text/draw";
import { ModelInfo } from "./prediction/ModelInfo";
import { type RecognizerContextValue, RecognizerContext } from "./RecognizerContext";
import { Pad } from "./pad/Pad";
import { PredictionView } from "./prediction/PredictionView";
import styles from "./Recognizer.module.css";
import { Share } from "./share/Share";
import { shortcut } from "./shortcut";
import { phaseOf, shownGlyph } from "./state";
import { useLinkedDrawing } from "./share/useLinkedDrawing";
import { useRecognizer } from "./useRecognizer";
import { isBlank, type DrawingInput } from "@/lib/ink/drawingInput";

/**
 * The canvas, the prediction, the panels and the information about the model.
 *
 * @param children - Panels below the prediction. They read the state with `useRecognizerContext`.
 */
export function Recognizer({ children }: { readonly children?: ReactNode }) {
  const { state, dispatch, predictLive, explain, retry, accept } = useRecognizer();
  const { drawing, model, latest } = state;
  const prediction = latest?.prediction ?? null;
  const glyph = shownGlyph(state);
  const phase = phaseOf(state);

  const release = model.status === "ready" ? model.release : null;
  const settled = useMemo(
    () => (phase === "settled" && latest !== null && glyph !== null ? { ...latest, glyph } : null),
    [phase, latest, glyph],
  );
  // Keep the last duration while the pen is down, so that `ModelInfo` does not render again.
  const [milliseconds, setMilliseconds] = useState<number | null>(null);
  const latestMilliseconds = latest === null ? null : (settled?.prediction.milliseconds ?? milliseconds);
  if (latestMilliseconds !== milliseconds) setMilliseconds(latestMilliseconds);
  const { present: input } = drawing;
  const replaceDrawing = useCallback(
    (input: DrawingInput) => dispatch({ type: "replace", input }),
    [dispatch],
  );
  const context = useMemo<RecognizerContextValue>(
    () => ({ input, settled, release, replaceDrawing, explain }),
    [input, settled, release, replaceDrawing, explain],
  );

  const linkError = useLinkedDrawing(input, replaceDrawing);

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const command = shortcut(event);
      if (command === null) return;
      event.preventDefault();
      dispatch({ type: command });
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [dispatch]);

  return (
    <div className={styles.recognizer}>
      <figure>
        <Pad
          drawing={drawing}
          glyphs={prediction?.glyphs ?? []}
          shown={glyph}
          dispatch={dispatch}
          onLiveInput={predictLive}
        />
        <figcaption className={styles.below}>
          <span className={styles.caption}>
            <b>{draw.canvas.figure}</b> {draw.canvas.caption}
          </span>
          <span className={styles.tools}>
            <button
              type="button"
              className="button"
              aria-keyshortcuts="Control+Z Meta+Z"
              title={draw.tools.undo.title}
              aria-disabled={drawing.past.length === 0}
              onClick={() => dispatch({ type: "undo" })}
            >
              {draw.tools.undo.name}
            </button>
            <button
              type="button"
              className="button"
              aria-keyshortcuts="Control+Shift+Z Meta+Shift+Z Control+Y"
              title={draw.tools.redo.title}
              aria-disabled={drawing.future.length === 0}
              onClick={() => dispatch({ type: "redo" })}
            >
              {draw.tools.redo.name}
            </button>
            <button
              type="button"
              className="button"
              data-testid="clear"
              aria-keyshortcuts="Delete"
              title={draw.tools.clear.title}
              aria-disabled={isBlank(drawing.present) && !drawing.penDown}
              onClick={() => dispatch({ type: "clear" })}
            >
              {draw.tools.clear.name}
            </button>
            <Share
              input={drawing.present}
              caption={settled === null ? null : draw.share.caption(settled.prediction)}
            />
          </span>
        </figcaption>
        {linkError !== null && (
          <p role="alert" className={styles.linkError}>
            {linkError}
          </p>
        )}
      </figure>
      <PredictionView
        phase={phase}
        model={model}
        prediction={prediction}
        glyph={glyph}
        onChoose={(index) => dispatch({ type: "choose", index })}
        onRetry={retry}
      />
      <div className={styles.panels}>
        <RecognizerContext value={context}>{children}</RecognizerContext>
      </div>
      {model.status === "ready" && <ModelInfo model={model} milliseconds={milliseconds} onAccept={accept} />}
    </div>
  );
}
