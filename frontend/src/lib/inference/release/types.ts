import type { Problem } from "../errors";
import type { Origin } from "../types";
import type { Manifest } from "./manifest";

export interface Release {
  readonly manifest: Manifest;
  /** Verified contents by file name of all that runs; the report is not among them. */
  readonly files: ReadonlyMap<string, ArrayBuffer>;
}

/** A release that runs as `N`, and how it came here. */
export interface LoadedRelease<N> extends Release {
  readonly model: N;
  readonly origin: Origin;
  /** Why Storage's release does not run although there should be one, else null. */
  readonly fallbackReason: Problem | null;
  /**
   * Ask the network for another release than this one, and start it too; null when this is the one to run. Rejects when
   * Storage's cannot be had or does not run. Null when the network has just been asked.
   */
  readonly findNewer: (() => Promise<LoadedRelease<N> | null>) | null;
  /**
   * The release's report.json, verified like its other files but fetched only now: nobody who draws waits for it.
   * Rejects when it cannot be had. Null when the release has none.
   */
  readonly fetchReport: (() => Promise<ArrayBuffer>) | null;
}
