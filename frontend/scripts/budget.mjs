// Fail the build if the first load of the draw page exceeds a size budget, compressed with Brotli. There are two budgets: for
// the styles and the scripts of the page and its worker; and for these with the page, its fonts and WebAssembly. Neither
// includes the model, whose size depends on the release.
import { readFileSync } from "node:fs";
import { brotliCompressSync } from "node:zlib";
import { code, linked, out, wasm } from "./first-load.mjs";

const CODE_BUDGET = 200; // kB
const TOTAL_BUDGET = 350; // kB

const others = ["index.html", ...linked.filter((path) => path.endsWith(".woff2")), wasm];

/** Compressed size in kB. */
const compressedSize = (path) => brotliCompressSync(readFileSync(new URL(path, out))).length / 1000;
const sizes = new Map([...code, ...others].map((path) => [path, compressedSize(path)]));
const total = (paths) => [...paths].reduce((sum, path) => sum + sizes.get(path), 0);

console.log("First load of the draw page, Brotli, without the model:");
let withinBudget = true;
for (const [name, paths, budget] of [
  ["scripts and styles", code, CODE_BUDGET],
  ["with page, fonts and WebAssembly", sizes.keys(), TOTAL_BUDGET],
]) {
  const kilobytes = total(paths);
  withinBudget &&= kilobytes <= budget;
  console.log(`  ${kilobytes.toFixed(1)} of ${budget} kB: ${name}`);
}
if (!withinBudget) {
  console.error(
    "The first load is over budget. Reduce it, or raise the budget in scripts/budget.mjs and explain why. Files by size:",
  );
  for (const [path, kilobytes] of [...sizes].toSorted(([, a], [, b]) => b - a)) {
    console.error(`  ${kilobytes.toFixed(1)} kB ${path}`);
  }
  process.exit(1);
}
