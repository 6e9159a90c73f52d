import { type Dispatch, startTransition, useCallback, useEffect, useReducer, useRef, useState } from "react";
import { EMPTY_DRAWING, type Drawing, reduceDrawing } from "@/lib/ink/drawing";
import { parseInput, serializeInput } from "@/lib/ink/serialize";
import { type ClientEvents, InferenceClient, type PreloadedWorker } from "@/lib/inference/client";
import { initialState, type RecognizerAction, type RecognizerState, reduceRecognizer } from "./state";
import { isBlank, type DrawingInput } from "@/lib/ink/drawingInput";
import type { Explanation, Glyph } from "@/lib/inference/types";

/** Keeps the drawing while the visitor is on another page of the site. */
let savedDrawing: Drawing = EMPTY_DRAWING;

/** Key of the drawing in the session storage, which survives reloads and discarded tabs. */
const STORAGE_KEY = "ink";

/** Whether the stored drawing was already restored. */
let restored = false;

/** How many times in a row a crashed worker is restarted before the page shows the error. */
const RESTARTS = 2;

/** The drawing and its predictions. */
export function useRecognizer(): {
  readonly state: RecognizerState;
  readonly dispatch: Dispatch<RecognizerAction>;
  /** Predict a drawing that includes the active stroke. */
  readonly predictLive: (input: DrawingInput) => void;
  /** Explain the prediction for an image; null if no explanation is available. */
  readonly explain: (pixels: Glyph["pixels"]) => Promise<Explanation | null>;
  /** Restart the model and keep the drawing. */
  readonly retry: () => void;
  /** Switch to the newer release. */
  readonly accept: () => void;
} {
  const [state, dispatch] = useReducer(reduceRecognizer, savedDrawing, initialState);
  const [attempt, setAttempt] = useState(0);
  const client = useRef<InferenceClient | null>(null);
  /** Crashes since the last prediction. */
  const crashes = useRef(0);
  const { present: input, penDown } = state.drawing;

  useEffect(() => {
    // A preloaded worker can still fail to load, so restart it too.
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
    if (isBlank(input)) client.current?.cancel();
    else client.current?.predict(input);
  }, [attempt, input, penDown]);

  useEffect(() => {
    // Leaving the page cancels the active stroke.
    savedDrawing = reduceDrawing(state.drawing, { type: "cancel" });
  }, [state.drawing]);

  useEffect(() => {
    const previous = restored ? null : restoreDrawing();
    restored = true;
    if (previous !== null) dispatch({ type: "replace", input: previous });
    // Never remove these listeners: the drawing must also be saved while another page of the site is open.
    addEventListener("pagehide", saveDrawing);
    document.addEventListener("visibilitychange", saveDrawing);
  }, []);

  const predictLive = useCallback((live: DrawingInput) => client.current?.predict(live), []);
  const retry = () => {
    crashes.current = 0;
    dispatch({ type: "load" });
    setAttempt(attempt + 1);
  };
  const accept = useCallback(() => client.current?.acceptUpdate(), []);
  const explain = useCallback(
    async (pixels: Glyph["pixels"]) => (await client.current?.explain(pixels)) ?? null,
    [],
  );
  return { state, dispatch, predictLive, explain, retry, accept };
}

function saveDrawing(): void {
  const { present: input } = savedDrawing;
  try {
    if (isBlank(input)) sessionStorage.removeItem(STORAGE_KEY);
    else sessionStorage.setItem(STORAGE_KEY, serializeInput(input));
  } catch {
    // Without session storage, the drawing is lost after a reload.
  }
}

/** Return the stored drawing and remove it, so that a drawing that crashes the page is restored only once. */
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
  var inferenceWorker: PreloadedWorker | null | undefined;
}

function startClient(dispatch: Dispatch<RecognizerAction>): InferenceClient {
  const preloaded = globalThis.inferenceWorker;
  globalThis.inferenceWorker = null;
  const events: ClientEvents = {
    onReady: (release) => dispatch({ type: "ready", release }),
    onLoadEvent: dispatch,
    onReload: () => dispatch({ type: "load" }),
    // Render in a transition so that drawing stays responsive.
    onPrediction: (prediction, input) =>
      startTransition(() => dispatch({ type: "predicted", prediction, input })),
    onFailed: (problem) => dispatch({ type: "failed", problem }),
  };
  return new InferenceClient(startWorker, events, preloaded);
}
