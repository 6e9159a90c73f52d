import "./tfjs/wasm";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm/dist/base";
import { version } from "@tensorflow/tfjs-backend-wasm/dist/version";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import { env, type io, setBackend, type Tensor, tensor4d, tidy } from "@tensorflow/tfjs-core";
import { SIDE } from "@/lib/ink/preprocess";
import { blockNodes } from "./blocks";
import { missingOps } from "./tfjs/graph";
import type { Backend, FeatureMaps, Model } from "./types";
import { ReleaseError } from "./errors";
import type { Release } from "./release/types";

let started: Promise<Backend> | null = null;

/**
 * Start TensorFlow.js and warm the network up, so that the first answer is as quick as the others.
 *
 * @param wasmUrl - Folder of TensorFlow.js' .wasm files, with a slash at its end; the site's own unless given.
 * @throws ReleaseError when this browser can run neither backend, or this page not every operation of the network.
 */
export async function startModel(release: Release, wasmUrl?: string): Promise<Model> {
  return loadModel(release, await (started ??= startBackend(wasmUrl)));
}

/** Begin to start TensorFlow.js while the release is on its way. What goes wrong, `startModel` says. */
export function prepareBackend(): void {
  (started ??= startBackend()).catch(() => {});
}

/** Load a release onto the backend that is set, and warm it up. */
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
      tidy(() => {
        const image = tensor4d(batch, [images.length, SIDE, SIDE, 1]);
        const output = graph.execute({ [manifest.input]: image }, manifest.logits) as Tensor;
        logits = Float32Array.from(output.dataSync());
      });
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
          maps.push({ height, width, channels, values: Float32Array.from(output.dataSync()) });
        }
      });
      return maps;
    },
    dispose: () => graph.dispose(),
  };
  model.logits([new Uint8Array(SIDE * SIDE)]);
  return model;
}

/** In full by default: a bundled worker's own address is no base to resolve against. */
async function startBackend(wasmUrl = `${location.origin}/wasm/${version}/`): Promise<Backend> {
  // Threads gain nothing on so small a network, and need a page that is cross-origin isolated.
  env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  setWasmPaths(wasmUrl);
  if (await setBackend("wasm")) return "wasm";
  await import("./tfjs/cpu");
  if (await setBackend("cpu")) return "cpu";
  throw new ReleaseError({ code: "noBackend" });
}

/** TensorFlow.js' own loader would fetch again, unverified; this hands it the bytes that are here. */
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
