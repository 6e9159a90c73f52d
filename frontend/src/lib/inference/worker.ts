/** The inference worker. It loads a release, classifies inputs and explains predictions. */

import { describeRelease } from "./describeRelease";
import { explain } from "./explain";
import { ReleaseCache } from "./release/cache";
import { problemOf } from "./errors";
import { loadRelease } from "./release/load";
import { prepareBackend, startModel } from "./model";
import { URLS } from "./urls";
import type { FromWorker, ToWorker } from "./messages";
import { predict } from "./predict";
import type { LoadedRelease, VerifiedRelease } from "./release/types";
import type { Model } from "./types";

type StartedRelease = VerifiedRelease & { readonly model: Model };

const cache = new ReleaseCache(() => caches);
/** The page starts the worker before its own scripts run, so loading does not wait for the `load` message. */
const loading = startLoading();
loading.catch(() => {}); // Reported when the `load` message arrives.
let model: Model | null = null;
let update: StartedRelease | null = null;
/** Id of the latest `explain` message. */
let latestExplanation = -1;

self.onmessage = async ({ data }: MessageEvent<ToWorker>) => {
  try {
    if (data.type === "load") await load();
    else if (data.type === "acceptUpdate") acceptUpdate();
    else if (data.type === "explain") await explainPixels(data);
    else send(predictInput(data));
  } catch (error) {
    send({ type: "failed", problem: problemOf(error) });
  }
};

async function startLoading(): Promise<LoadedRelease<Model>> {
  prepareBackend();
  return loadRelease({
    ...URLS,
    fetch: (...request) => fetch(...request),
    cache,
    start: startModel,
    onProgress: (received, total) => send({ type: "progress", received, total }),
  });
}

async function load(): Promise<void> {
  const running = await loading;
  model = running.model;
  send({ type: "ready", release: describeRelease(running) });
  try {
    const found = (await running.findNewer?.()) ?? null;
    if (found === null) return;
    update = { ...found.release, model: await startModel(found.release) };
    await found.save();
    send({ type: "updateAvailable", release: describeRelease(update) });
  } catch (error) {
    send({ type: "updateRejected", problem: problemOf(error) });
  }
}

function acceptUpdate(): void {
  if (update === null) return;
  model?.dispose();
  model = update.model;
  void cache.deleteOthers(update.manifest.release);
  send({ type: "ready", release: describeRelease(update) });
  update = null;
}

function predictInput(request: Extract<ToWorker, { type: "predict" }>): FromWorker {
  if (model === null) throw new Error("a prediction was requested before the model was loaded");
  const start = performance.now();
  const glyphs = predict(model, request.input);
  return {
    type: "prediction",
    id: request.id,
    prediction: { glyphs, milliseconds: performance.now() - start },
  };
}

async function explainPixels({ id, pixels }: Extract<ToWorker, { type: "explain" }>): Promise<void> {
  latestExplanation = id;
  // Handles the messages that arrived meanwhile. A newer `explain` message ends this explanation.
  const pause = async () => {
    await new Promise((resolve) => setTimeout(resolve));
    if (id !== latestExplanation) throw new Error("superseded");
  };
  const explanation = model === null ? null : await explain(model, pixels, pause).catch(() => null);
  send({ type: "explanation", id, explanation });
}

function send(message: FromWorker): void {
  self.postMessage(message);
}
