import "./tfjs/wasm";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import { env, type io, setBackend, type Tensor, tensor4d, tidy } from "@tensorflow/tfjs-core";
import { pixelsFromStrokes, SIDE } from "@/lib/ink/preprocess";
import { blockNodes } from "./blocks";
import { missingOps } from "./tfjs/graph";
import { type ReadWasm, registerWasm } from "./tfjs/wasmBackend";
import { TEST_DIGIT } from "./testDigit";
import type { Backend, Classifier, FeatureMaps, Model } from "./types";
import { ReleaseError } from "./errors";
import type { Release } from "./release/types";

/** Images in the batch that tests the speed, and largest batch of a prediction. Most drawn numbers have fewer candidates. */
const BATCH = 8;

/** Seconds that it may take. */
const BATCH_LIMIT = 5;

let started: Promise<Backend> | null = null;

/**
 * Start TensorFlow.js with the best available backend. Later calls return the same promise.
 *
 * @param readWasm - Reads a .wasm file of TensorFlow.js; by default from the site.
 * @throws ReleaseError if the browser supports neither.
 */
export function startBackend(readWasm?: ReadWasm): Promise<Backend> {
  return (started ??= selectBackend(readWasm));
}

/**
 * Load a release onto the current backend. A first inference tests the model, and warms it up so that the first prediction is
 * as fast as the others.
 *
 * @param backend - The current backend.
 * @throws ReleaseError if a file is missing, the bundle lacks an operation of the model, or the model does not recognize the
 *   test digit.
 */
export async function loadModel({ manifest, files }: Release, backend: Backend): Promise<Model> {
  const artifacts = modelArtifacts(files);
  const missing = missingOps(artifacts.modelTopology, [manifest.logits]);
  if (missing.length > 0) {
    throw new ReleaseError({ code: "unknownOperations", operations: missing });
  }
  const graph = await loadGraphModel({ load: async () => artifacts });
  const model: Model = {
    backend,
    temperature: manifest.temperature,
    rejectionThreshold: manifest.rejectionThreshold,
    logits(images) {
      const batch = new Float32Array(images.length * SIDE * SIDE);
      images.forEach((pixels, i) => batch.set(pixels, i * SIDE * SIDE));
      let logits = new Float32Array();
      try {
        tidy(() => {
          const image = tensor4d(batch, [images.length, SIDE, SIDE, 1]);
          const output = graph.execute({ [manifest.input]: image }, manifest.logits) as Tensor;
          logits = Float32Array.from(output.dataSync());
        });
      } catch (error) {
        throw new ReleaseError({ code: "modelFailed", message: String(error) });
      }
      if (logits.length !== 10 * images.length || !logits.every(Number.isFinite)) {
        throw new ReleaseError({ code: "invalidLogits" });
      }
      return images.map((_, i) => logits.subarray(10 * i, 10 * (i + 1)));
    },
    blocks(pixels) {
      const nodes = blockNodes(artifacts.modelTopology);
      if (nodes.length === 0) return [];
      const maps: FeatureMaps[] = [];
      tidy(() => {
        const image = tensor4d(Float32Array.from(pixels), [1, SIDE, SIDE, 1]);
        for (const output of [graph.execute({ [manifest.input]: image }, nodes)].flat()) {
          const [, height = 0, width = 0, channels = 0] = output.shape;
          const values = Float32Array.from(output.dataSync());
          if (!values.every(Number.isFinite)) throw new ReleaseError({ code: "invalidLogits" });
          maps.push({ height, width, channels, values });
        }
      });
      return maps;
    },
    dispose: () => graph.dispose(),
  };
  try {
    testModel(model);
  } catch (error) {
    model.dispose();
    throw error;
  }
  return model;
}

/** @throws ReleaseError if the model does not recognize the test digit. */
function testModel(model: Classifier): void {
  const [logits = new Float32Array()] = model.logits([pixelsFromStrokes(TEST_DIGIT.strokes)]);
  const digit = logits.indexOf(Math.max(...logits));
  if (digit !== TEST_DIGIT.digit) {
    throw new ReleaseError({ code: "misclassified", digit, expected: TEST_DIGIT.digit });
  }
}

/** @throws ReleaseError if the model is too slow for the page. Its first inference, which takes longer, does not count. */
export function testSpeed(model: Classifier): void {
  const pixels = pixelsFromStrokes(TEST_DIGIT.strokes);
  const start = performance.now();
  model.logits(Array<Uint8Array>(BATCH).fill(pixels));
  if (performance.now() - start > 1000 * BATCH_LIMIT) {
    throw new ReleaseError({ code: "tooSlow", seconds: BATCH_LIMIT });
  }
}

/**
 * A classifier that runs a model on batches of at most eight images, so that the time between two batches is limited if the
 * release has passed `testSpeed`.
 *
 * @param onBatch - Called before each batch.
 */
export function inBatches(model: Classifier, onBatch: () => void): Classifier {
  return {
    ...model,
    logits(images) {
      const logits: Float32Array[] = [];
      for (let start = 0; start < images.length; start += BATCH) {
        onBatch();
        logits.push(...model.logits(images.slice(start, start + BATCH)));
      }
      return logits;
    },
  };
}

async function selectBackend(readWasm?: ReadWasm): Promise<Backend> {
  // Threads do not speed up such a small model, and require a cross-origin isolated page.
  env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  registerWasm(readWasm);
  if (await setBackend("wasm")) return "wasm";
  await import("./tfjs/cpu");
  if (await setBackend("cpu")) return "cpu";
  throw new ReleaseError({ code: "noBackend" });
}

/** The verified files as TensorFlow.js expects them. Its own loader would download them again, without verification. */
function modelArtifacts(files: Release["files"]): io.ModelArtifacts {
  const file = (name: string): ArrayBuffer => {
    const content = files.get(name);
    if (content === undefined) throw new ReleaseError({ code: "missingFile", file: name });
    return content;
  };
  const { modelTopology, signature, weightsManifest } = JSON.parse(
    new TextDecoder().decode(file("model.json")),
  ) as io.ModelJSON;
  return {
    modelTopology,
    signature,
    weightSpecs: weightsManifest.flatMap((group) => group.weights),
    weightData: weightsManifest.flatMap((group) => group.paths.map(file)),
  };
}
