import type { Problem } from "@/lib/inference/errors";
import { BACKENDS, INFERENCES } from "@/lib/inference/backends";
import type { FromWorker, Measurement, ReportResult } from "./messages";
import type { Backend, Progress, ReleaseInfo } from "@/lib/inference/types";

export type ReportState =
  /** `progress` is null before the first byte. */
  | { readonly status: "loading"; readonly progress: Progress | null }
  | {
      readonly status: "ready";
      readonly release: ReleaseInfo;
      readonly result: ReportResult;
      readonly benchmark: BenchmarkState;
    }
  | { readonly status: "failed"; readonly problem: Problem };

export type BenchmarkState =
  | { readonly status: "idle" }
  /** `trial` is null until the first backend starts. */
  | {
      readonly status: "running";
      readonly trial: { readonly backend: Backend; readonly completed: number } | null;
    }
  | { readonly status: "done"; readonly measurement: Measurement }
  | { readonly status: "failed"; readonly problem: Problem };

export type ReportAction =
  | Exclude<FromWorker, { type: "loading" | "starting" | "started" }>
  | { readonly type: "load" }
  | { readonly type: "benchmark" };

export const LOADING: ReportState = { status: "loading", progress: null };

export function reduceReport(state: ReportState, action: ReportAction): ReportState {
  switch (action.type) {
    case "load":
      return LOADING;
    case "progress":
      return state.status === "loading" ? { status: "loading", progress: action } : state;
    case "release":
      return { ...action, status: "ready", benchmark: { status: "idle" } };
    case "benchmarkFailed":
    case "failed":
      // A loaded report stays on the page: only the benchmark has failed.
      if (state.status === "ready")
        return { ...state, benchmark: { status: "failed", problem: action.problem } };
      return { status: "failed", problem: action.problem };
    case "benchmark":
      return state.status === "ready" ? { ...state, benchmark: { status: "running", trial: null } } : state;
    case "trial":
      return state.status === "ready" ? { ...state, benchmark: { status: "running", trial: action } } : state;
    case "measured":
      return state.status === "ready"
        ? { ...state, benchmark: { status: "done", measurement: action.measurement } }
        : state;
  }
}

/** Progress of the benchmark, 0 to 1. */
export function benchmarkProgress(
  trial: { readonly backend: Backend; readonly completed: number } | null,
): number {
  if (trial === null) return 0;
  return (BACKENDS.indexOf(trial.backend) + trial.completed / INFERENCES) / BACKENDS.length;
}
