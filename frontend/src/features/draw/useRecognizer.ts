import { type Dispatch, startTransition, useCallback, useEffect, useReducer, useRef, useState } from "react";
import { BLANK, type Drawing, reduceDrawing } from "@/lib/ink/drawing";
import { parseInput, serializeInput } from "@/lib/ink/serialize";
import { InferenceClient } from "@/lib/inference/client";
import { initialState, type RecognizerAction, type RecognizerState, reduceRecognizer } from "./state";
import { isBlank, type DrawingInput } from "@/lib/ink/drawingInput";
import type { Explanation, Glyph } from "@/lib/inference/types";

/** The sheet, kept while the visitor looks at another page of the site. */
let keptDrawing: Drawing = BLANK;

/** Where this tab's sheet outlives the document: a reload, or a tab that was put to sleep. */
const KEPT_SHEET = "ink";

/** Whether the sheet of the document before this one was looked for. */
let restored = false;

/** How often in a row a network that ran, or was started ahead, is started again before the visitor is asked. */
const RESTARTS = 2;

/** The sheet of paper and the network that reads it. */
export function useRecognizer(): {
  readonly state: RecognizerState;
  readonly dispatch: Dispatch<RecognizerAction>;
  /** Have it read while it is still being drawn. */
  readonly predictLive: (input: DrawingInput) => void;
  /** What in an image the answer comes from; null when it cannot be had. */
  readonly explain: (pixels: Glyph["pixels"]) => Promise<Explanation | null>;
  /** Start the network afresh, keeping the ink. */
  readonly retry: () => void;
  /** Let the newer release that was offered read the ink from now on. */
  readonly accept: () => void;
} {
  const [state, dispatch] = useReducer(reduceRecognizer, keptDrawing, initialState);
  const [attempt, setAttempt] = useState(0);
  const client = useRef<InferenceClient | null>(null);
  /** Since the last answer. */
  const crashes = useRef(0);
  const { present: sheet, penDown } = state.drawing;

  useEffect(() => {
    // One that the page started ahead may be found missing only now.
    let again = Boolean(globalThis.inferenceWorker);
    const started = startClient((action) => {
      if (action.type === "ready") again = true;
      if (action.type === "predicted") crashes.current = 0;
      if (action.type !== "failed" || !again || crashes.current === RESTARTS) return dispatch(action);
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
    // A stroke that is cut off by leaving the page is not one.
    keptDrawing = reduceDrawing(state.drawing, { type: "cancel" });
  }, [state.drawing]);

  useEffect(() => {
    const input = restored ? null : takeKeptSheet();
    restored = true;
    if (input !== null) dispatch({ type: "replace", input });
    // Not taken off again: what is left for another page of the site is still on the sheet.
    addEventListener("pagehide", keepSheet);
    document.addEventListener("visibilitychange", keepSheet);
  }, []);

  const predictLive = useCallback((input: DrawingInput) => client.current?.predict(input), []);
  const retry = () => {
    crashes.current = 0;
    dispatch({ type: "load" });
    setAttempt(attempt + 1);
  };
  const accept = useCallback(() => {
    client.current?.accept();
    if (!isBlank(sheet)) client.current?.predict(sheet);
  }, [sheet]);
  const explain = useCallback(
    async (pixels: Glyph["pixels"]) => (await client.current?.explain(pixels)) ?? null,
    [],
  );
  return { state, dispatch, predictLive, explain, retry, accept };
}

function keepSheet(): void {
  const { present: sheet } = keptDrawing;
  try {
    if (isBlank(sheet)) sessionStorage.removeItem(KEPT_SHEET);
    else sessionStorage.setItem(KEPT_SHEET, serializeInput(sheet));
  } catch {
    // A browser that keeps nothing, or has no room: the sheet is blank after a reload.
  }
}

/** The sheet that the last document of this tab left; taken away, so that one that breaks the page does so once. */
function takeKeptSheet(): DrawingInput | null {
  try {
    const text = sessionStorage.getItem(KEPT_SHEET);
    sessionStorage.removeItem(KEPT_SHEET);
    return text === null ? null : parseInput(text);
  } catch {
    return null;
  }
}

function startWorker(): Worker {
  return new Worker(new URL("../../lib/inference/worker.ts", import.meta.url), { type: "module" });
}

declare global {
  /** The first worker, which scripts/preload.mjs has the page start before all else; absent in development. */
  var inferenceWorker: Worker | null | undefined;
}

function startClient(dispatch: Dispatch<RecognizerAction>): InferenceClient {
  const worker = globalThis.inferenceWorker ?? startWorker();
  globalThis.inferenceWorker = null;
  return new InferenceClient(worker, {
    onReady: (release) => dispatch({ type: "ready", release }),
    onLoadEvent: dispatch,
    // The hand goes first: the page is rendered when it leaves time for that.
    onPrediction: (prediction, input) =>
      startTransition(() => dispatch({ type: "predicted", prediction, input })),
    onFailed: (problem) => dispatch({ type: "failed", problem }),
  });
}
