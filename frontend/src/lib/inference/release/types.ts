import type { Problem } from "../errors";
import type { Origin } from "../types";
import type { Manifest } from "./manifest";

export interface Release {
  readonly manifest: Manifest;
  /** Verified contents by file name, without the report. */
  readonly files: ReadonlyMap<string, ArrayBuffer>;
}

/** A release that is started as `M`. */
export interface LoadedRelease<M> extends Release {
  readonly model: M;
  readonly origin: Origin;
  /** Why the bundled release runs instead of Storage's; null if it does not, or if there is no Storage. */
  readonly fallbackReason: Problem | null;
  /**
   * Download and verify the current release if it is not this one; resolves to null if it is. Rejects if the current release
   * cannot be downloaded. Null if this release was just downloaded.
   */
  readonly findNewer: (() => Promise<NewerRelease<M> | null>) | null;
  /**
   * Download and verify report.json, which the draw page does not need. Rejects with a ReleaseError if that fails. Null if
   * the release has no report.
   */
  readonly fetchReport: (() => Promise<ArrayBuffer>) | null;
}

/** A verified release that can replace the running one. */
export interface NewerRelease<M> extends Release {
  /** Start it, and make it the release of the next visit. Rejects, and changes nothing, if it does not start. */
  readonly start: () => Promise<LoadedRelease<M>>;
}
