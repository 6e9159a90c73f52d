// Have the browser fetch what the worker will ask for while the page itself is still starting: one after the other, over
// a slow connection, would take twice as long.
import { readFileSync, writeFileSync } from "node:fs";
import { code, linked, out, wasm } from "./first-load.mjs";

const page = new URL("index.html", out);
const html = readFileSync(page, "utf8");
const graph = JSON.parse(readFileSync(new URL("model/model.json", out), "utf8"));
const shards = graph.weightsManifest.flatMap(({ paths }) => paths);

const files = [
  ...[...code].filter((path) => !linked.includes(path)).map((path) => [path, "script"]),
  ...[wasm, ...["model.json", ...shards].map((name) => `model/${name}`)].map((path) => [path, "fetch"]),
];
// Only once something is to be seen: before, they would take the line from what paints it.
const script = `new PerformanceObserver((_,o)=>{o.disconnect();for(const [f,as] of ${JSON.stringify(files)})document.head.append(Object.assign(document.createElement("link"),{rel:"prefetch",href:"/"+f,as}))}).observe({type:"paint",buffered:true})`;
const hastened = html.replace("</head>", `<script>${script}</script></head>`);
if (hastened === html) throw new Error("index.html has no </head> to put its script before.");
writeFileSync(page, hastened);
