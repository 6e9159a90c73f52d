import type { Problem } from "@/lib/inference/errors";
import { BACKENDS, INFERENCES } from "@/lib/inference/backends";
import type { FromWorker, Measurement, Outcome } from "./messages";
import type { Backend, ReleaseInfo } from "@/lib/inference/types";

export type ReportState =
  /** Bytes of the release that have arrived, of how many; null before the first. */
  | {
      readonly status: "loading";
      readonly progress: { readonly received: number; readonly total: number } | null;
    }
  | {
      readonly status: "ready";
      readonly release: ReleaseInfo;
      readonly outcome: Outcome;
      readonly benchmark: BenchmarkState;
    }
  | { readonly status: "failed"; readonly problem: Problem };

export type BenchmarkState =
  | { readonly status: "idle" }
  /** `trial` is null until the first backend starts. */
  | {
      readonly status: "running";
      readonly trial: { readonly backend: Backend; readonly read: number } | null;
    }
  | { readonly status: "done"; readonly measurement: Measurement }
  | { readonly status: "failed"; readonly problem: Problem };

export type ReportAction = FromWorker | { readonly type: "load" } | { readonly type: "benchmark" };

export const LOADING: ReportState = { status: "loading", progress: null };

export function reduceReport(study: ReportState, action: ReportAction): ReportState {
  switch (action.type) {
    case "load":
      return LOADING;
    case "progress":
      return study.status === "loading" ? { status: "loading", progress: action } : study;
    case "release":
      return { ...action, status: "ready", benchmark: { status: "idle" } };
    case "failed":
      // What is already on the page stays: only the measurement has failed.
      if (study.status === "ready")
        return { ...study, benchmark: { status: "failed", problem: action.problem } };
      return { status: "failed", problem: action.problem };
    case "benchmark":
      return study.status === "ready" ? { ...study, benchmark: { status: "running", trial: null } } : study;
    case "trial":
      return study.status === "ready" ? { ...study, benchmark: { status: "running", trial: action } } : study;
    case "measured":
      return study.status === "ready"
        ? { ...study, benchmark: { status: "done", measurement: action.measurement } }
        : study;
  }
}

/** Share of the whole measurement that is done, 0…1. */
export function benchmarkProgress(
  trial: { readonly backend: Backend; readonly read: number } | null,
): number {
  if (trial === null) return 0;
  return (BACKENDS.indexOf(trial.backend) + trial.read / INFERENCES) / BACKENDS.length;
}
