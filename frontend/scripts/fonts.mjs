// Subset EB Garamond to the characters, weights and features that the site uses, in src/app/fonts/. The results are committed.
// Run this script (npm run fonts) when a page needs another character, weight or feature.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import subsetFont from "subset-font";

const source = new URL("../node_modules/@fontsource-variable/eb-garamond/", import.meta.url);
const target = new URL("../src/app/fonts/", import.meta.url);

const ASCII = Array.from({ length: 0x7f - 0x20 }, (_, i) => String.fromCodePoint(0x20 + i)).join("");
const CHARACTERS = `${ASCII}\u00a0\u202f©°±²·×÷äçèéëïñöü–—‘’“”…→−≈≤≥`;
// Kerning, marks and ligatures; lining and tabular figures; small capitals.
const FEATURES = ["kern", "mark", "mkmk", "ccmp", "locl", "liga", "calt", "lnum", "tnum", "smcp"];

mkdirSync(target, { recursive: true });
for (const [style, weight] of [
  ["normal", { min: 400, max: 600 }],
  ["italic", 400],
]) {
  const original = readFileSync(new URL(`files/eb-garamond-latin-wght-${style}.woff2`, source));
  const subset = await subsetFont(original, CHARACTERS, {
    targetFormat: "woff2",
    keepFeatures: FEATURES,
    variationAxes: { wght: weight },
  });
  writeFileSync(new URL(`eb-garamond-${style}.woff2`, target), subset);
  console.log(`eb-garamond-${style}.woff2: ${original.length} → ${subset.length} bytes`);
}
copyFileSync(new URL("LICENSE", source), new URL("LICENSE", target));
