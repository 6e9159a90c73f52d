import { problemOf } from "./errors";
import type { StartMessage } from "./messages";
import { loadModel, startBackend, testSpeed } from "./model";
import type { StartableRelease } from "./release/types";
import type { Model } from "./types";

/** Milliseconds between two reports that a worker is not frozen. */
const ALIVE_INTERVAL = 1_000;

/**
 * Load a release in a worker. The page replaces the worker if it freezes meanwhile.
 *
 * @param send - Sends a message to the page.
 */
export async function loadReported<T>(
  send: (message: StartMessage) => void,
  load: () => Promise<T>,
): Promise<T> {
  return reportAlive(() => send({ type: "loading" }), load).finally(() => send({ type: "started" }));
}

/** Run a task. Call `report` at once, and each second until the task ends or the worker freezes. */
export async function reportAlive<T>(report: () => void, task: () => Promise<T>): Promise<T> {
  report();
  const timer = setInterval(report, ALIVE_INTERVAL);
  try {
    return await task();
  } finally {
    clearInterval(timer);
  }
}

/**
 * Start a release in a worker. The page limits the time from `starting` to `started`, which includes no download, and replaces
 * the worker if that fails.
 *
 * @param send - Sends a message to the page.
 * @throws ReleaseError if the browser supports no backend. If the release is the problem, the promise never settles: the page
 *   starts another worker without this release, which may have exhausted the memory of this one.
 */
export async function startReported(
  release: StartableRelease,
  send: (message: StartMessage) => void,
): Promise<Model> {
  const backend = await startBackend();
  send({ type: "starting", release: release.manifest.release });
  try {
    const model = await loadModel(release, backend);
    // The bundled release runs on slow devices too, because nothing else could run.
    if (release.storage !== null) testSpeed(model);
    send({ type: "started" });
    return model;
  } catch (error) {
    send({ type: "failed", problem: problemOf(error) });
    return new Promise(() => {});
  }
}
