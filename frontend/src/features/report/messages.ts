/** Messages between the model page and its worker. */

import type { Problem } from "@/lib/inference/errors";
import type { StartMessage } from "@/lib/inference/messages";
import type { ExcludedRelease } from "@/lib/inference/release/types";
import type { Report } from "@/lib/inference/release/report";
import type { Backend, Progress, Timing, ReleaseInfo } from "@/lib/inference/types";

export type ToWorker =
  | { readonly type: "load"; readonly excluded: readonly ExcludedRelease[] }
  /** Requires a loaded release. */
  | { readonly type: "benchmark" };

export type FromWorker =
  | ({ readonly type: "progress" } & Progress)
  | { readonly type: "release"; readonly release: ReleaseInfo; readonly result: ReportResult }
  | StartMessage
  | { readonly type: "benchmarkFailed"; readonly problem: Problem }
  | { readonly type: "trial"; readonly backend: Backend; readonly completed: number }
  | { readonly type: "measured"; readonly measurement: Measurement };

/** The release's report, or why there is none. */
export type ReportResult =
  | { readonly status: "ready"; readonly report: Report }
  /** The release was published without a report. */
  | { readonly status: "none" }
  /** The report could not be fetched or is invalid. */
  | { readonly status: "invalid"; readonly problem: Problem };

export interface Measurement {
  /** One for each available backend. */
  readonly timings: readonly Timing[];
  /** Logical processor cores; null if the browser does not report them. */
  readonly cores: number | null;
  /** Whether WebAssembly uses SIMD; null without WebAssembly. */
  readonly simd: boolean | null;
}
