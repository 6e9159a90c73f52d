"use client";

import { useEffect } from "react";
import { draw } from "@/text/draw";
import { Colophon } from "./Colophon";
import { Pad } from "./Pad";
import { Reading } from "./Reading";
import styles from "./Recognizer.module.css";
import { phaseOf } from "./state";
import { useRecognizer } from "./useRecognizer";

/** The whole instrument: paper on one side, the network's reading of it on the other. */
export function Recognizer() {
  const { state, dispatch, retry, accept } = useRecognizer();
  const { drawing, model, reading } = state;
  const answer = reading?.answer ?? null;

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
        <Pad strokes={drawing.strokes} dispatch={dispatch} />
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
              onClick={() => dispatch({ type: "clear" })}
            >
              {draw.tools.clear.name}
            </button>
          </span>
        </figcaption>
      </figure>
      <Reading phase={phaseOf(state)} model={model} answer={answer} onRetry={retry} />
      {model.status === "ready" && <Colophon model={model} answer={answer} onAccept={accept} />}
    </div>
  );
}

function shortcut(event: KeyboardEvent): "undo" | "redo" | "clear" | null {
  const key = event.key.toLowerCase();
  if (event.altKey) return null;
  if (event.ctrlKey || event.metaKey) {
    if (key === "z") return event.shiftKey ? "redo" : "undo";
    return key === "y" ? "redo" : null;
  }
  return key === "delete" || key === "backspace" ? "clear" : null;
}
