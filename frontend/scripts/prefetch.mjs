// Have the browser fetch what the worker will ask for while the page itself is still starting: one after the other, over
// a slow connection, would take twice as long.
import { readFileSync, writeFileSync } from "node:fs";
import { code, linked, out, wasm } from "./first-load.mjs";

const page = new URL("index.html", out);
const html = readFileSync(page, "utf8");
const graph = JSON.parse(readFileSync(new URL("model/model.json", out), "utf8"));
const shards = graph.weightsManifest.flatMap(({ paths }) => paths);

const links = [
  ...[...code].filter((path) => !linked.includes(path)).map((path) => [path, "script"]),
  ...[wasm, ...["model.json", ...shards].map((name) => `model/${name}`)].map((path) => [path, "fetch"]),
].map(([path, as]) => `<link rel="prefetch" href="/${path}" as="${as}">`);
const hastened = html.replace("</head>", `${links.join("")}</head>`);
if (hastened === html) throw new Error("index.html has no </head> to put its prefetch links before.");
writeFileSync(page, hastened);
