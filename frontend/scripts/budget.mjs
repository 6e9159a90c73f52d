// Fails the build when the first load of the draw page grows too large, compressed: its scripts, the worker's and the
// styles; and these with the page itself, its fonts and WebAssembly. The network is apart: its size is the release's.
import { readFileSync } from "node:fs";
import { brotliCompressSync } from "node:zlib";
import { code, linked, out, wasm } from "./first-load.mjs";

const CODE_BUDGET = 200; // kB
const WHOLE_BUDGET = 350; // kB

const others = ["index.html", ...linked.filter((path) => path.endsWith(".woff2")), wasm];

/** kB. */
const size = (path) => brotliCompressSync(readFileSync(new URL(path, out))).length / 1000;
const sizes = new Map([...code, ...others].map((path) => [path, size(path)]));
const total = (paths) => [...paths].reduce((sum, path) => sum + sizes.get(path), 0);

console.log("First load of the draw page, brotli, the network apart:");
let within = true;
for (const [what, paths, budget] of [
  ["scripts and styles", code, CODE_BUDGET],
  ["with page, fonts and WebAssembly", sizes.keys(), WHOLE_BUDGET],
]) {
  const kilobytes = total(paths);
  within &&= kilobytes <= budget;
  console.log(`  ${kilobytes.toFixed(1)} of at most ${budget} kB: ${what}`);
}
if (!within) {
  console.error("Make it smaller, or say in scripts/budget.mjs why it may be larger. The largest:");
  for (const [path, kilobytes] of [...sizes].toSorted(([, a], [, b]) => b - a)) {
    console.error(`  ${kilobytes.toFixed(1)} kB ${path}`);
  }
  process.exit(1);
}
