// Fails the build when the first load of the draw page grows too large: its scripts, the worker's and the styles,
// compressed. WebAssembly and the network are apart.
import { existsSync, readFileSync } from "node:fs";
import { brotliCompressSync } from "node:zlib";

const BUDGET = 206; // kB

const out = new URL("../out/", import.meta.url);
const html = readFileSync(new URL("index.html", out), "utf8");
// Only browsers without modules, which cannot run the page anyway, fetch the `nomodule` one.
const files = new Set(
  [
    ...html.matchAll(
      /<(?:script|link)(?![^>]*\snomodule)[^>]*?\s(?:src|href)="\/(_next\/static\/[^"]+\.(?:js|css))"/gi,
    ),
  ].map(([, path]) => path),
);
// A set grows while it is walked: scripts name the chunks that they load, the worker's among them.
for (const path of files) {
  const source = readFileSync(new URL(path, out), "utf8");
  for (const [, chunk] of source.matchAll(/"(static\/chunks\/[^"]+\.(?:js|css))"/g)) {
    if (existsSync(new URL(`_next/${chunk}`, out))) files.add(`_next/${chunk}`);
  }
}

const sizes = [...files].map((path) => [
  path,
  brotliCompressSync(readFileSync(new URL(path, out))).length / 1000,
]);
const total = sizes.reduce((sum, [, size]) => sum + size, 0);
const summary = `First load of the draw page: ${total.toFixed(1)} of at most ${BUDGET} kB (brotli).`;
if (total > BUDGET) {
  const largest = sizes
    .toSorted(([, a], [, b]) => b - a)
    .map(([path, size]) => `  ${size.toFixed(1)} kB ${path}`);
  console.error(
    `${summary} Make it smaller, or say in scripts/budget.mjs why it may be larger:\n${largest.join("\n")}`,
  );
  process.exit(1);
}
console.log(summary);
