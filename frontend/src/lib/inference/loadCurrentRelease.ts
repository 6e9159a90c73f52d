/** How the workers of the draw page and the model page load a release. */

import type { StartMessage } from "./messages";
import { startBackend } from "./model";
import { ReleaseCache } from "./release/cache";
import { loadRelease } from "./release/load";
import type { ExcludedRelease, LoadedRelease } from "./release/types";
import { loadReported, startReported } from "./startReported";
import type { Model, Progress } from "./types";
import { URLS } from "./urls";

/** What a page hears while its worker loads a release. */
type LoadMessage = StartMessage | ({ readonly type: "progress" } & Progress);

/**
 * Load and start the release that the site runs. TensorFlow.js starts meanwhile.
 *
 * @param send - Sends a message to the page.
 * @param excluded - Releases that must not run.
 */
export function loadCurrentRelease(
  send: (message: LoadMessage) => void,
  excluded: readonly ExcludedRelease[],
): Promise<LoadedRelease<Model>> {
  startBackend().catch(() => {}); // `startReported` reports its errors
  return loadReported(send, () =>
    loadRelease({
      ...URLS,
      excluded,
      fetch: (...request) => fetch(...request),
      cache: new ReleaseCache(() => caches),
      start: (release) => startReported(release, send),
      onProgress: (received, total) => send({ type: "progress", received, total }),
    }),
  );
}
