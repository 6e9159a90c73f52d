import { type Dispatch, startTransition, useCallback, useEffect, useReducer, useRef, useState } from "react";
import { EMPTY_DRAWING, type Drawing, reduceDrawing } from "@/lib/ink/drawing";
import { parseInput, serializeInput } from "@/lib/ink/serialize";
import { InferenceClient } from "@/lib/inference/client";
import { initialState, type RecognizerAction, type RecognizerState, reduceRecognizer } from "./state";
import { isBlank, type DrawingInput } from "@/lib/ink/drawingInput";
import type { Explanation, Glyph } from "@/lib/inference/types";

/** Kept while the visitor is on another page of the site. */
let savedDrawing: Drawing = EMPTY_DRAWING;

/** Key of the drawing in the session storage, which survives reloads and discarded tabs. */
const STORAGE_KEY = "ink";

/** Whether the drawing of the previous document was restored. */
let restored = false;

/** How many times in a row a crashed worker is restarted before the page shows the error. */
const RESTARTS = 2;

/** The drawing and its predictions. */
export function useRecognizer(): {
  readonly state: RecognizerState;
  readonly dispatch: Dispatch<RecognizerAction>;
  /** Predict a drawing with its active stroke. */
  readonly predictLive: (input: DrawingInput) => void;
  /** Explain the prediction for an image; null if no explanation is available. */
  readonly explain: (pixels: Glyph["pixels"]) => Promise<Explanation | null>;
  /** Restart the model and keep the ink. */
  readonly retry: () => void;
  /** Switch to the newer release. */
  readonly accept: () => void;
} {
  const [state, dispatch] = useReducer(reduceRecognizer, savedDrawing, initialState);
  const [attempt, setAttempt] = useState(0);
  const client = useRef<InferenceClient | null>(null);
  /** Crashes since the last prediction. */
  const crashes = useRef(0);
  const { present: sheet, penDown } = state.drawing;

  useEffect(() => {
    // A preloaded worker may fail to load only now, so it is restarted too.
    let restartable = Boolean(globalThis.inferenceWorker);
    const started = startClient((action) => {
      if (action.type === "ready") restartable = true;
      if (action.type === "predicted") crashes.current = 0;
      if (action.type !== "failed" || !restartable || crashes.current === RESTARTS) return dispatch(action);
      crashes.current += 1;
      dispatch({ type: "load" });
      setAttempt(attempt + 1);
    });
    client.current = started;
    return () => started.close();
  }, [attempt]);

  useEffect(() => {
    if (penDown) return;
    if (isBlank(sheet)) client.current?.cancel();
    else client.current?.predict(sheet);
  }, [attempt, sheet, penDown]);

  useEffect(() => {
    // Leaving the page cancels the active stroke.
    savedDrawing = reduceDrawing(state.drawing, { type: "cancel" });
  }, [state.drawing]);

  useEffect(() => {
    const input = restored ? null : restoreDrawing();
    restored = true;
    if (input !== null) dispatch({ type: "replace", input });
    // Never removed: the drawing also has to be saved while another page of the site is open.
    addEventListener("pagehide", saveDrawing);
    document.addEventListener("visibilitychange", saveDrawing);
  }, []);

  const predictLive = useCallback((input: DrawingInput) => client.current?.predict(input), []);
  const retry = () => {
    crashes.current = 0;
    dispatch({ type: "load" });
    setAttempt(attempt + 1);
  };
  const accept = useCallback(() => {
    client.current?.acceptUpdate();
    if (!isBlank(sheet)) client.current?.predict(sheet);
  }, [sheet]);
  const explain = useCallback(
    async (pixels: Glyph["pixels"]) => (await client.current?.explain(pixels)) ?? null,
    [],
  );
  return { state, dispatch, predictLive, explain, retry, accept };
}

function saveDrawing(): void {
  const { present: sheet } = savedDrawing;
  try {
    if (isBlank(sheet)) sessionStorage.removeItem(STORAGE_KEY);
    else sessionStorage.setItem(STORAGE_KEY, serializeInput(sheet));
  } catch {
    // Without session storage, the drawing is lost after a reload.
  }
}

/** The drawing of the tab's previous document. It is removed, so that a drawing that crashes the page does so only once. */
function restoreDrawing(): DrawingInput | null {
  try {
    const text = sessionStorage.getItem(STORAGE_KEY);
    sessionStorage.removeItem(STORAGE_KEY);
    return text === null ? null : parseInput(text);
  } catch {
    return null;
  }
}

function startWorker(): Worker {
  return new Worker(new URL("../../lib/inference/worker.ts", import.meta.url), { type: "module" });
}

declare global {
  /** The first worker, started by the script of scripts/preload.mjs; undefined in development. */
  var inferenceWorker: Worker | null | undefined;
}

function startClient(dispatch: Dispatch<RecognizerAction>): InferenceClient {
  const worker = globalThis.inferenceWorker ?? startWorker();
  globalThis.inferenceWorker = null;
  return new InferenceClient(worker, {
    onReady: (release) => dispatch({ type: "ready", release }),
    onLoadEvent: dispatch,
    // Render in a transition so that drawing stays responsive.
    onPrediction: (prediction, input) =>
      startTransition(() => dispatch({ type: "predicted", prediction, input })),
    onFailed: (problem) => dispatch({ type: "failed", problem }),
  });
}
