/** Messages between the page and its inference worker. */

import type { DrawingInput } from "@/lib/ink/drawingInput";
import type { Problem } from "./errors";
import type { Explanation, Prediction, Progress, ReleaseInfo } from "./types";

export type ToWorker =
  /** Report when the release is loaded, then look for an update. Loading starts with the worker, before this message. */
  | { readonly type: "load" }
  | { readonly type: "predict"; readonly id: number; readonly input: DrawingInput }
  /** Explain the prediction for an image, given as the model's input. */
  | { readonly type: "explain"; readonly id: number; readonly pixels: Uint8Array<ArrayBuffer> }
  /** Activate the available update. */
  | { readonly type: "acceptUpdate" };

export type FromWorker =
  | LoadEvent
  /** The release is loaded, or an update is activated. */
  | { readonly type: "ready"; readonly release: ReleaseInfo }
  | { readonly type: "prediction"; readonly id: number; readonly prediction: Prediction }
  /** Null if no explanation is available. */
  | { readonly type: "explanation"; readonly id: number; readonly explanation: Explanation | null }
  /** The worker must be replaced. */
  | { readonly type: "failed"; readonly problem: Problem };

/** Progress of loading, and the result of looking for an update. */
export type LoadEvent =
  | ({ readonly type: "progress" } & Progress)
  /** Another release is verified and started, and can be activated. */
  | { readonly type: "updateAvailable"; readonly release: ReleaseInfo }
  /** Storage's release cannot be used. The running release stays active. */
  | { readonly type: "updateRejected"; readonly problem: Problem };
