/** The inference worker: strokes in, answers out. Only this side of the page knows TensorFlow.js. */

import { pixelsFromStrokes } from "@/lib/ink/preprocess";
import type { Stroke } from "@/lib/ink/types";
import { loadRelease, sentence } from "./load";
import { type Network, startNetwork } from "./network";
import type { Answer, FromWorker, ToWorker } from "./protocol";
import { softmax } from "./softmax";

let network: Network | null = null;

self.onmessage = async ({ data }: MessageEvent<ToWorker>) => {
  try {
    send(data.type === "load" ? await load(data) : answer(data));
  } catch (error) {
    send({ type: "failed", reason: sentence(error) });
  }
};

async function load(message: Extract<ToWorker, { type: "load" }>): Promise<FromWorker> {
  const release = await loadRelease({ ...message, fetch: (...request) => fetch(...request) });
  network = await startNetwork(release, message.wasmUrl);
  const { manifest, origin, fallbackReason } = release;
  return {
    type: "ready",
    release: {
      id: manifest.release,
      origin,
      fallbackReason,
      accuracy: manifest.accuracy,
      testImages: manifest.testImages,
      standIn: manifest.standIn,
      backend: network.backend,
    },
  };
}

function answer(question: Extract<ToWorker, { type: "recognize" }>): FromWorker {
  if (network === null) throw new Error("asked before the network was loaded");
  return { type: "answer", id: question.id, answer: recognize(network, question.strokes) };
}

function recognize(network: Network, strokes: readonly Stroke[]): Answer {
  const start = performance.now();
  const pixels = pixelsFromStrokes(strokes);
  const probabilities = softmax(network.logits(pixels), network.temperature);
  const confidence = Math.max(...probabilities);
  const digit = probabilities.indexOf(confidence);
  return { digit, confidence, probabilities, pixels, milliseconds: performance.now() - start };
}

function send(message: FromWorker): void {
  self.postMessage(message);
}
