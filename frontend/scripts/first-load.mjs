// The files of the draw page's first load, as paths relative to out/, without the model.
import { existsSync, readdirSync, readFileSync } from "node:fs";

export const out = new URL("../out/", import.meta.url);

const html = readFileSync(new URL("index.html", out), "utf8");

/** The scripts, styles and fonts in the page's HTML, without the `nomodule` script of browsers that cannot run the page. */
export const linked = [
  ...html.matchAll(
    /<(?:script|link)(?![^>]*\snomodule)[^>]*?\s(?:src|href)="\/(_next\/static\/[^"]+\.(?:js|css|woff2))"/gi,
  ),
].map(([, path]) => path);

/** The scripts and styles among them, and the scripts that these load for the worker. */
export const code = new Set(linked.filter((path) => !path.endsWith(".woff2")));
// Scripts contain the names of the chunks that they load. Dynamic imports are not part of the first load.
const DYNAMIC_IMPORT = /Promise\.all\(\[[^\]]*\]\.map\(\w+=>\w+\.l\(\w+\)\)\)/g;
// The loop adds to the set that it iterates over.
for (const path of code) {
  const source = readFileSync(new URL(path, out), "utf8").replace(DYNAMIC_IMPORT, "");
  for (const [, chunk] of source.matchAll(/"(static\/chunks\/[^"]+\.(?:js|css))"/g)) {
    if (existsSync(new URL(`_next/${chunk}`, out))) code.add(`_next/${chunk}`);
  }
}

/** The WebAssembly file for browsers with SIMD, which is almost all of them. */
export const wasm = `wasm/${readdirSync(new URL("wasm/", out))[0]}/tfjs-backend-wasm-simd.wasm`;
