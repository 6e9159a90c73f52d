import { type Backend, BACKENDS, INFERENCES } from "@/lib/inference/backends";
import type { RunningRelease } from "@/lib/inference/messages";
import type { FromWorker, Measurement, Outcome } from "./messages";

export type Study =
  /** Bytes of the release that have arrived, of how many; null before the first. */
  | {
      readonly status: "loading";
      readonly progress: { readonly received: number; readonly total: number } | null;
    }
  | {
      readonly status: "ready";
      readonly release: RunningRelease;
      readonly outcome: Outcome;
      readonly benchmark: Benchmark;
    }
  | { readonly status: "failed"; readonly reason: string };

export type Benchmark =
  | { readonly status: "idle" }
  /** `trial` is null until the first backend starts. */
  | {
      readonly status: "running";
      readonly trial: { readonly backend: Backend; readonly read: number } | null;
    }
  | { readonly status: "done"; readonly measurement: Measurement }
  /** A sentence for the visitor. */
  | { readonly status: "failed"; readonly reason: string };

export type StudyAction = FromWorker | { readonly type: "load" } | { readonly type: "benchmark" };

export const LOADING: Study = { status: "loading", progress: null };

export function reduceStudy(study: Study, action: StudyAction): Study {
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
        return { ...study, benchmark: { status: "failed", reason: action.reason } };
      return { status: "failed", reason: action.reason };
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
