// Fails the build when the first load of the draw page grows too large, compressed: its scripts, the worker's and the
// styles; and these with the page itself, its fonts and WebAssembly. The network is apart: its size is the release's.
import { existsSync, readFileSync } from "node:fs";
import { brotliCompressSync } from "node:zlib";

const CODE_BUDGET = 200; // kB
const WHOLE_BUDGET = 350; // kB

const out = new URL("../out/", import.meta.url);
const html = readFileSync(new URL("index.html", out), "utf8");
// Only browsers without modules, which cannot run the page anyway, fetch the `nomodule` one.
const linked = [
  ...html.matchAll(
    /<(?:script|link)(?![^>]*\snomodule)[^>]*?\s(?:src|href)="\/(_next\/static\/[^"]+\.(?:js|css|woff2))"/gi,
  ),
].map(([, path]) => path);
const code = new Set(linked.filter((path) => !path.endsWith(".woff2")));
// A set grows while it is walked: scripts name the chunks that they load, the worker's among them. Those of a dynamic
// import are fetched when they are asked for.
const DYNAMIC_IMPORT = /Promise\.all\(\[[^\]]*\]\.map\(\w+=>\w+\.l\(\w+\)\)\)/g;
for (const path of code) {
  const source = readFileSync(new URL(path, out), "utf8").replace(DYNAMIC_IMPORT, "");
  for (const [, chunk] of source.matchAll(/"(static\/chunks\/[^"]+\.(?:js|css))"/g)) {
    if (existsSync(new URL(`_next/${chunk}`, out))) code.add(`_next/${chunk}`);
  }
}
const others = [
  "index.html",
  ...linked.filter((path) => path.endsWith(".woff2")),
  "wasm/tfjs-backend-wasm-simd.wasm",
];

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
