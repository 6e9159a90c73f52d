// What the draw page's first load consists of, as paths below out/; the network apart.
import { existsSync, readdirSync, readFileSync } from "node:fs";

export const out = new URL("../out/", import.meta.url);

const html = readFileSync(new URL("index.html", out), "utf8");

/** Scripts, styles and fonts that the page itself names. */
// Only browsers without modules, which cannot run the page anyway, fetch the `nomodule` one.
export const linked = [
  ...html.matchAll(
    /<(?:script|link)(?![^>]*\snomodule)[^>]*?\s(?:src|href)="\/(_next\/static\/[^"]+\.(?:js|css|woff2))"/gi,
  ),
].map(([, path]) => path);

/** The scripts and styles among these, and what they load in their turn: the worker's scripts. */
export const code = new Set(linked.filter((path) => !path.endsWith(".woff2")));
// A set grows while it is walked: scripts name the chunks that they load. Those of a dynamic import are fetched when they
// are asked for.
const DYNAMIC_IMPORT = /Promise\.all\(\[[^\]]*\]\.map\(\w+=>\w+\.l\(\w+\)\)\)/g;
for (const path of code) {
  const source = readFileSync(new URL(path, out), "utf8").replace(DYNAMIC_IMPORT, "");
  for (const [, chunk] of source.matchAll(/"(static\/chunks\/[^"]+\.(?:js|css))"/g)) {
    if (existsSync(new URL(`_next/${chunk}`, out))) code.add(`_next/${chunk}`);
  }
}

/** The WebAssembly of nearly every browser. */
export const wasm = `wasm/${readdirSync(new URL("wasm/", out))[0]}/tfjs-backend-wasm-simd.wasm`;
