"use client";

import { type ReactNode, useCallback, useEffect, useMemo, useState } from "react";
import { isBlank, type Subject } from "@/lib/ink/strokes";
import { draw } from "@/text/draw";
import { Colophon } from "./result/ModelInfo";
import { type Instrument, InstrumentContext } from "./RecognizerContext";
import { Pad } from "./pad/Pad";
import { Reading } from "./result/Result";
import styles from "./Recognizer.module.css";
import { Share } from "./share/Share";
import { shortcut } from "./shortcut";
import { phaseOf, shownGlyph } from "./state";
import { useLinkedDrawing } from "./share/useLinkedDrawing";
import { useRecognizer } from "./useRecognizer";

/**
 * The whole instrument: paper on one side, the network's reading of it on the other.
 *
 * @param children - Stand below the reading, and know of it by `useInstrument`.
 */
export function Recognizer({ children }: { readonly children?: ReactNode }) {
  const { state, dispatch, glance, explain, retry, accept } = useRecognizer();
  const { drawing, model, reading } = state;
  const answer = reading?.answer ?? null;
  const glyph = shownGlyph(state);
  const phase = phaseOf(state);

  const release = model.status === "ready" ? model.release : null;
  const settled = useMemo(
    () => (phase === "settled" && reading !== null && glyph !== null ? { ...reading, glyph } : null),
    [phase, reading, glyph],
  );
  // Stays while the pen is down: the colophon need not be rendered then.
  const [milliseconds, setMilliseconds] = useState<number | null>(null);
  const taken = reading === null ? null : (settled?.answer.milliseconds ?? milliseconds);
  if (taken !== milliseconds) setMilliseconds(taken);
  const { sheet } = drawing;
  const lay = useCallback((subject: Subject) => dispatch({ type: "lay", subject }), [dispatch]);
  const instrument = useMemo<Instrument>(
    () => ({ sheet, settled, release, lay, explain }),
    [sheet, settled, release, lay, explain],
  );

  const unopened = useLinkedDrawing(sheet, lay);

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const command = shortcut(event);
      if (command === null) return;
      event.preventDefault();
      dispatch({ type: command });
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [dispatch]);

  return (
    <div className={styles.instrument}>
      <figure className={styles.sheet}>
        <Pad
          drawing={drawing}
          glyphs={answer?.glyphs ?? []}
          shown={glyph}
          dispatch={dispatch}
          onGlance={glance}
        />
        <figcaption className={styles.below}>
          <span className={styles.caption}>
            <b>{draw.paper.figure}</b> {draw.paper.caption}
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
              aria-disabled={isBlank(drawing.sheet) && !drawing.penDown}
              onClick={() => dispatch({ type: "clear" })}
            >
              {draw.tools.clear.name}
            </button>
            <Share
              subject={drawing.sheet}
              reading={settled === null ? null : draw.share.readAs(settled.answer)}
            />
          </span>
        </figcaption>
        {unopened !== null && (
          <p role="alert" className={styles.damaged}>
            {unopened}
          </p>
        )}
      </figure>
      <Reading
        phase={phase}
        model={model}
        answer={answer}
        glyph={glyph}
        onChoose={(index) => dispatch({ type: "choose", index })}
        onRetry={retry}
      />
      <div className={styles.panels}>
        <InstrumentContext value={instrument}>{children}</InstrumentContext>
      </div>
      {model.status === "ready" && <Colophon model={model} milliseconds={milliseconds} onAccept={accept} />}
    </div>
  );
}
