/** What the model page and its worker say to each other. */

import type { Problem } from "@/lib/inference/errors";
import type { Report } from "@/lib/inference/release/report";
import type { Backend, Timing, ReleaseInfo } from "@/lib/inference/types";

export type ToWorker =
  | { readonly type: "load" }
  /** Only once the release is there. */
  | { readonly type: "benchmark" };

export type FromWorker =
  /** Bytes of the release that have arrived, of how many. */
  | { readonly type: "progress"; readonly received: number; readonly total: number }
  | { readonly type: "release"; readonly release: ReleaseInfo; readonly outcome: Outcome }
  /** Nothing works any more until a new worker is started. */
  | { readonly type: "failed"; readonly problem: Problem }
  | { readonly type: "trial"; readonly backend: Backend; readonly read: number }
  | { readonly type: "measured"; readonly measurement: Measurement };

/** What became of the release's report. */
export type Outcome =
  | { readonly status: "read"; readonly report: Report }
  /** The release is older than reports are. */
  | { readonly status: "none" }
  /** It could not be had or understood. */
  | { readonly status: "unreadable"; readonly problem: Problem };

export interface Measurement {
  /** Of the backends that work here. */
  readonly timings: readonly Timing[];
  /** Logical processor cores; null where the browser does not tell. */
  readonly cores: number | null;
  /** Whether WebAssembly runs with SIMD; null where it does not run. */
  readonly simd: boolean | null;
}
