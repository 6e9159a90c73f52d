// Copy the WASM binaries of TensorFlow.js to public/wasm/<version>/. The site serves them itself. As the
// path contains the version, browsers can cache them as immutable.
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(import.meta.url);
const dist = path.dirname(require.resolve("@tensorflow/tfjs-backend-wasm"));
const { version } = require("@tensorflow/tfjs-backend-wasm/package.json");
const wasm = new URL("../public/wasm/", import.meta.url);
const target = new URL(`${version}/`, wasm);

rmSync(wasm, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
for (const name of ["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm"]) {
  copyFileSync(path.join(dist, name), new URL(name, target));
}
