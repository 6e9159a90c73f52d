import { startTransition, useEffect, useReducer, useRef, useState } from "react";
import type { FromWorker, ToWorker } from "./messages";
import { LOADING, reduceReport, type ReportState } from "./state";

/** The release that the draw page runs, its report and its benchmark. */
export function useReport(): {
  readonly state: ReportState;
  /** Load again after a failure. */
  readonly retry: () => void;
  /** Run the benchmark. */
  readonly measure: () => void;
} {
  const [state, dispatch] = useReducer(reduceReport, LOADING);
  const [attempt, setAttempt] = useState(0);
  const worker = useRef<Worker | null>(null);

  useEffect(() => {
    const started = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    // The report is long: rendering it in a transition keeps the page responsive.
    started.onmessage = ({ data }: MessageEvent<FromWorker>) => startTransition(() => dispatch(data));
    started.onerror = (event) => {
      event.preventDefault();
      dispatch({ type: "failed", problem: { code: "workerStopped", message: event.message } });
    };
    send(started, { type: "load" });
    worker.current = started;
    return () => started.terminate();
  }, [attempt]);

  return {
    state,
    retry: () => {
      dispatch({ type: "load" });
      setAttempt(attempt + 1);
    },
    measure: () => {
      if (worker.current === null) return;
      dispatch({ type: "benchmark" });
      send(worker.current, { type: "benchmark" });
    },
  };
}

function send(worker: Worker, message: ToWorker): void {
  worker.postMessage(message);
}
