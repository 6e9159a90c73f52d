/** What the page and its inference worker say to each other. */

import type { DrawingInput } from "@/lib/ink/drawingInput";
import type { Problem } from "./errors";
import type { Explanation, Prediction, ReleaseInfo } from "./types";

export type ToWorker =
  /** Tell how loading, which begins as the worker starts, goes on and ends. */
  | { readonly type: "load" }
  | { readonly type: "predict"; readonly id: number; readonly input: DrawingInput }
  /** Say what in an image, as the network saw it, the answer comes from. */
  | { readonly type: "explain"; readonly id: number; readonly pixels: Uint8Array<ArrayBuffer> }
  /** Let the release that was offered answer from now on. */
  | { readonly type: "acceptUpdate" };

export type FromWorker =
  | LoadEvent
  /** First of all, and again once an offered release answers. */
  | { readonly type: "ready"; readonly release: ReleaseInfo }
  | { readonly type: "prediction"; readonly id: number; readonly prediction: Prediction }
  /** Null when it cannot be had: the network was replaced meanwhile. */
  | { readonly type: "explanation"; readonly id: number; readonly explanation: Explanation | null }
  /** Nothing works any more until a new worker is started. */
  | { readonly type: "failed"; readonly problem: Problem };

/** What happens on the way to a release. */
export type LoadEvent =
  /** Bytes of a release that have arrived, of how many. */
  | { readonly type: "progress"; readonly received: number; readonly total: number }
  /** A newer release is verified and runs beside the one that answers. */
  | { readonly type: "updateAvailable"; readonly release: ReleaseInfo }
  /** Storage's release cannot be used. The one that answers goes on. */
  | { readonly type: "updateRejected"; readonly problem: Problem };
