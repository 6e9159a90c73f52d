import { startTransition, useEffect, useReducer, useRef, useState } from "react";
import { LimitedWorker } from "@/lib/inference/limitedWorker";
import type { ExcludedRelease } from "@/lib/inference/release/types";
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
  const worker = useRef<LimitedWorker<ToWorker, FromWorker> | null>(null);
  /** Releases that did not start. The next worker loads another one. */
  const excluded = useRef<ExcludedRelease[]>([]);

  useEffect(() => {
    const started = new LimitedWorker<ToWorker, FromWorker>(
      new Worker(new URL("./worker.ts", import.meta.url), { type: "module" }),
      {
        // The report is long: rendering it in a transition keeps the page responsive.
        onMessage: (message) => startTransition(() => dispatch(message)),
        onFailed: (problem, starting) => {
          if (starting === null) return dispatch({ type: "failed", problem });
          excluded.current.push({ release: starting, problem });
          setAttempt(attempt + 1);
        },
      },
    );
    started.send({ type: "load", excluded: excluded.current });
    worker.current = started;
    return () => started.terminate();
  }, [attempt]);

  return {
    state,
    retry: () => {
      excluded.current = [];
      dispatch({ type: "load" });
      setAttempt(attempt + 1);
    },
    measure: () => {
      if (worker.current === null) return;
      dispatch({ type: "benchmark" });
      worker.current.send({ type: "benchmark" });
    },
  };
}
