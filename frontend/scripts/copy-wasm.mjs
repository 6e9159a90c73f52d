// TensorFlow.js' WASM binaries → public/wasm/, so that the site serves them itself.
import { copyFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const dist = path.dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm"));
const target = new URL("../public/wasm/", import.meta.url);

mkdirSync(target, { recursive: true });
for (const name of ["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm"]) {
  copyFileSync(path.join(dist, name), new URL(name, target));
}
