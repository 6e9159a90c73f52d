/** The inference worker: subjects in, answers out. Only this side of the page knows TensorFlow.js. */

import { describe } from "./describe";
import { explain } from "./explain";
import { KeptReleases } from "./release/cache";
import { loadRelease, type Running, sentence } from "./release/load";
import { type Network, prepare, startNetwork } from "./model";
import { PLACES } from "./urls";
import type { FromWorker, ToWorker } from "./messages";
import { read } from "./predict";

const kept = new KeptReleases(() => caches);
/** Begun before anybody asks: the page starts the worker first of all, and asks once it has come to life itself. */
const loading = begin();
loading.catch(() => {}); // told to who asks
let network: Network | null = null;
let offered: Running<Network> | null = null;
/** Id of the latest question for an explanation. */
let wondered = -1;

self.onmessage = async ({ data }: MessageEvent<ToWorker>) => {
  try {
    if (data.type === "load") await load();
    else if (data.type === "accept") accept();
    else if (data.type === "explain") await answerWhy(data);
    else send(answer(data));
  } catch (error) {
    send({ type: "failed", reason: sentence(error) });
  }
};

async function begin(): Promise<Running<Network>> {
  prepare();
  return loadRelease({
    ...PLACES,
    fetch: (...request) => fetch(...request),
    kept,
    start: startNetwork,
    onProgress: (received, total) => send({ type: "progress", received, total }),
  });
}

async function load(): Promise<void> {
  const running = await loading;
  network = running.network;
  send({ type: "ready", release: describe(running) });
  try {
    offered = (await running.findNewer?.()) ?? null;
    if (offered !== null) send({ type: "offered", release: describe(offered) });
  } catch (error) {
    send({ type: "refused", reason: sentence(error) });
  }
}

function accept(): void {
  if (offered === null) return;
  network?.stop();
  network = offered.network;
  void kept.forgetOthers(offered.manifest.release);
  send({ type: "ready", release: describe(offered) });
  offered = null;
}

function answer(question: Extract<ToWorker, { type: "recognize" }>): FromWorker {
  if (network === null) throw new Error("asked before the network was loaded");
  const start = performance.now();
  const glyphs = read(network, question.subject);
  return {
    type: "answer",
    id: question.id,
    answer: { glyphs, milliseconds: performance.now() - start },
  };
}

async function answerWhy({ id, pixels }: Extract<ToWorker, { type: "explain" }>): Promise<void> {
  wondered = id;
  // Lets the questions that came meanwhile be answered first; one of these may be what is wondered about now.
  const pause = async () => {
    await new Promise((resolve) => setTimeout(resolve));
    if (id !== wondered) throw new Error("superseded");
  };
  const explanation = network === null ? null : await explain(network, pixels, pause).catch(() => null);
  send({ type: "explanation", id, explanation });
}

function send(message: FromWorker): void {
  self.postMessage(message);
}
