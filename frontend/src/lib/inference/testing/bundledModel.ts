import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadModel, startBackend } from "../model";
import { parseManifest } from "../release/manifest";
import type { Release } from "../release/types";
import type { ReadWasm } from "../tfjs/wasmBackend";
import type { Model } from "../types";

const local = (path: string) => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));
const read = (path: string) => Uint8Array.from(readFileSync(local(path))).buffer;

/** The bundled release. */
export function readBundledRelease(): Release {
  const manifest = parseManifest(JSON.parse(new TextDecoder().decode(read("public/model/manifest.json"))));
  return { manifest, files: new Map(manifest.files.map(({ path }) => [path, read(`public/model/${path}`)])) };
}

/** Load a release in Node.js, by the code that the inference worker runs, on the WebAssembly backend. */
export async function loadInNode(release: Release): Promise<Model> {
  const readWasm: ReadWasm = async (file) => read(`node_modules/@tensorflow/tfjs-backend-wasm/dist/${file}`);
  return loadModel(release, await startBackend(readWasm));
}

/** Load the bundled release in Node.js. */
export async function loadBundledModel(): Promise<{ readonly model: Model; readonly release: string }> {
  const release = readBundledRelease();
  return { model: await loadInNode(release), release: release.manifest.release };
}
