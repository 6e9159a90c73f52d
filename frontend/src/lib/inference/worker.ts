/** The inference worker. It loads a release, classifies inputs and explains predictions. */

import { describeRelease } from "./describeRelease";
import { problemOf } from "./errors";
import { inBatches } from "./model";
import type { FromWorker, ToWorker } from "./messages";
import { loadCurrentRelease } from "./loadCurrentRelease";
import { reportAlive, startReported } from "./startReported";
import type { ExcludedRelease, Update, VerifiedRelease } from "./release/types";
import type { Model } from "./types";

let model: Model | null = null;
/** Segmentation and classification. Nothing needs them before the first drawing, so they load beside the release. */
const importPredict = () => import("./predict");
let update: Update | null = null;
/** Id of the latest `explain` message. */
let latestExplanation = -1;

self.onmessage = async ({ data }: MessageEvent<ToWorker>) => {
  try {
    if (data.type === "load") await load(data.excluded);
    else if (data.type === "start") await startVerified(data.release);
    else if (data.type === "saveUpdate") await saveUpdate();
    else if (data.type === "rejectUpdate") await update?.reject();
    else if (data.type === "explain") await explainPixels(data);
    else send(await predictInput(data));
  } catch (error) {
    send({ type: "failed", problem: problemOf(error) });
  }
};

async function load(excluded: readonly ExcludedRelease[]): Promise<void> {
  const imported = importPredict();
  imported.catch(() => {});
  const running = await loadCurrentRelease(send, excluded);
  // A release must not be blamed if the import fails during a prediction.
  await imported;
  model = running.model;
  send({ type: "ready", release: describeRelease(running) });
  try {
    update = (await running.findNewer?.()) ?? null;
    if (update !== null) send({ type: "updateFound", release: update.release });
  } catch (error) {
    const problem = problemOf(error);
    send({ type: problem.code === "revoked" ? "failed" : "updateRejected", problem });
  }
}

async function startVerified(release: VerifiedRelease): Promise<void> {
  model = await startReported(release, send);
  await importPredict();
  send({ type: "ready", release: describeRelease({ ...release, model }) });
}

async function saveUpdate(): Promise<void> {
  try {
    await update?.save();
    send({ type: "updateSaved" });
  } catch (error) {
    send({ type: "updateRejected", problem: problemOf(error) });
  }
}

async function predictInput(request: Extract<ToWorker, { type: "predict" }>): Promise<FromWorker> {
  if (model === null) throw new Error("a prediction was requested before the model was loaded");
  const { predict } = await importPredict();
  const start = performance.now();
  const result = predict(
    inBatches(model, () => send({ type: "computing" })),
    request.input,
  );
  return {
    type: "prediction",
    id: request.id,
    prediction: { ...result, milliseconds: performance.now() - start },
  };
}

async function explainPixels({ id, pixels }: Extract<ToWorker, { type: "explain" }>): Promise<void> {
  latestExplanation = id;
  const report = () => send({ type: "computing" });
  // Handles the messages that arrived meanwhile. A newer `explain` message ends this explanation.
  const pause = async () => {
    report();
    await new Promise((resolve) => setTimeout(resolve));
    if (id !== latestExplanation) throw new Error("superseded");
  };
  const compute = async () => {
    // Not part of the first load. The release is not to blame for the time that the download takes.
    const { explain } = await reportAlive(report, () => import("./explain"));
    return model === null ? null : explain(model, pixels, pause);
  };
  send({ type: "explanation", id, explanation: await compute().catch(() => null) });
}

function send(message: FromWorker): void {
  self.postMessage(message);
}
