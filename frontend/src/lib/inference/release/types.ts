import type { Problem } from "../errors";
import type { Origin } from "../types";
import type { Manifest } from "./manifest";
import type { ReleaseSignature } from "./signature";

export interface Release {
  readonly manifest: Manifest;
  /** Verified contents by file name, without the report. */
  readonly files: ReadonlyMap<string, ArrayBuffer>;
}

/** A verified release. */
export interface StartableRelease extends Release {
  /** Storage's base URL; null if the release is bundled. */
  readonly storage: string | null;
}

/** A downloaded and verified release, and how it was chosen. It can be sent to another worker. */
export interface VerifiedRelease extends StartableRelease {
  readonly origin: Origin;
  /** Why the bundled release runs instead of Storage's; null if it does not, or if there is no Storage. */
  readonly fallbackReason: Problem | null;
  /** Null if the site pins no key, or if the release is bundled. */
  readonly signature: ReleaseSignature | null;
}

/** A release that is started as `M`. */
export interface LoadedRelease<M> extends VerifiedRelease {
  readonly model: M;
  /**
   * Download and verify the current release if it is not this one; resolves to null if it is. Rejects if the current release
   * cannot be used, with the code `revoked` if the site's keys did not sign this one. Null if this release was just downloaded.
   */
  readonly findNewer: (() => Promise<Update | null>) | null;
  /**
   * Download and verify report.json, which the draw page does not need. Rejects with a ReleaseError if that fails. Null if
   * the release has no report.
   */
  readonly fetchReport: (() => Promise<ArrayBuffer>) | null;
}

/** A newer release. It is not started here, because starting it may take forever or exhaust the memory. */
export interface Update {
  readonly release: VerifiedRelease;
  /** Make it the release of the next visit. Rejects if another page of the site has used a newer version meanwhile. */
  readonly save: () => Promise<void>;
  /** Remember that the release does not run in this browser. */
  readonly reject: () => Promise<void>;
}

/** A release that does not run in this browser, and why. */
export interface ExcludedRelease {
  readonly release: string;
  readonly problem: Problem;
}
