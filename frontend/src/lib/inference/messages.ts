/** Messages between the page and its inference worker. */

import type { DrawingInput } from "@/lib/ink/drawingInput";
import type { Problem } from "./errors";
import type { ExcludedRelease, VerifiedRelease } from "./release/types";
import type { Explanation, Prediction, Progress, ReleaseInfo } from "./types";

export type ToWorker =
  /** Load a release, then look for an update. The first message, or else `start`. */
  | { readonly type: "load"; readonly excluded: readonly ExcludedRelease[] }
  /** Start a release that another worker has downloaded. */
  | { readonly type: "start"; readonly release: VerifiedRelease }
  | { readonly type: "predict"; readonly id: number; readonly input: DrawingInput }
  /** Explain the prediction for an image, given as the model's input. */
  | { readonly type: "explain"; readonly id: number; readonly pixels: Uint8Array<ArrayBuffer> }
  /** The update runs in another worker. Cache it. */
  | { readonly type: "saveUpdate" }
  /** The update does not run. Do not download it again. */
  | { readonly type: "rejectUpdate" };

/** How a worker reports the start of a release. */
export type StartMessage =
  /** The worker is loading and is not frozen. Sent about once a second. */
  | { readonly type: "loading" }
  /** The worker is busy until `started`, or for ever if the release is broken. */
  | { readonly type: "starting"; readonly release: string }
  /** The release has started, or loading has ended. */
  | { readonly type: "started" }
  /** The worker must be replaced. If a release was starting, it is the reason. */
  | { readonly type: "failed"; readonly problem: Problem };

export type FromWorker =
  | LoadEvent
  | StartMessage
  /** The release is loaded. */
  | { readonly type: "ready"; readonly release: ReleaseInfo }
  /** Another release is downloaded and verified. It must be started in another worker. */
  | { readonly type: "updateFound"; readonly release: VerifiedRelease }
  /** The update is cached, if the browser has a cache. */
  | { readonly type: "updateSaved" }
  | { readonly type: "prediction"; readonly id: number; readonly prediction: Prediction }
  /** A part of the pending prediction or explanation is computed. */
  | { readonly type: "computing" }
  /** Null if no explanation is available. */
  | { readonly type: "explanation"; readonly id: number; readonly explanation: Explanation | null };

/** Progress of loading, and the result of looking for an update. */
export type LoadEvent =
  | ({ readonly type: "progress" } & Progress)
  /** Another release is verified and started, and can be activated. */
  | { readonly type: "updateAvailable"; readonly release: ReleaseInfo }
  /** Storage's release cannot be used. The running release stays active. */
  | { readonly type: "updateRejected"; readonly problem: Problem };
