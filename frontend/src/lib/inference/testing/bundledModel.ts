import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadModel, startBackend } from "../model";
import { parseManifest } from "../release/manifest";
import type { ReadWasm } from "../tfjs/wasmBackend";
import type { Model } from "../types";

const local = (path: string) => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));

/** Load the bundled release in Node.js, by the code that the inference worker runs, on the WebAssembly backend. */
export async function loadBundledModel(): Promise<{ readonly model: Model; readonly release: string }> {
  const read = (name: string) => readFileSync(local(`public/model/${name}`));
  const manifest = parseManifest(JSON.parse(read("manifest.json").toString()));
  const files = new Map(manifest.files.map(({ path }) => [path, Uint8Array.from(read(path)).buffer]));
  const readWasm: ReadWasm = async (file) =>
    Uint8Array.from(readFileSync(local(`node_modules/@tensorflow/tfjs-backend-wasm/dist/${file}`)));
  return {
    model: await loadModel({ manifest, files }, await startBackend(readWasm)),
    release: manifest.release,
  };
}
