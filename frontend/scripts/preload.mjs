// Start the inference worker, and fetch what it will ask for, before the page's own scripts have come: one after the other,
// over a slow connection, would take twice as long. Another worker fetches, so that nothing that paints waits for it.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { code, linked, out, wasm } from "./first-load.mjs";

const page = new URL("index.html", out);
const html = readFileSync(page, "utf8");
const graph = JSON.parse(readFileSync(new URL("model/model.json", out), "utf8"));
const shards = graph.weightsManifest.flatMap(({ paths }) => paths);

const paths = [
  ...shards.map((shard) => `model/${shard}`),
  wasm,
  ...[...code].filter((path) => !linked.includes(path)),
  "model/model.json",
];
// The bundled network is given up as soon as the site turns out to have a Storage: not fetched only then, as that would
// cost those who need it a way there and back. Past the browser's cache, which would have the inference worker, which
// asks the same, stand in line.
const fetching = `const network=new AbortController;fetch("/config.json",{cache:"no-store"}).then(answer=>answer.json()).then(({storage})=>{if(storage!==null)network.abort()}).catch(()=>{});await Promise.allSettled(${JSON.stringify(paths)}.map(async path=>(await fetch("/"+path,{signal:path.startsWith("model/")?network.signal:null})).arrayBuffer()));close()`;
const name = `_next/static/ahead-${createHash("sha256").update(fetching).digest("hex").slice(0, 16)}.js`;
writeFileSync(new URL(name, out), fetching);

// As Turbopack's own code would start it; the page's code starts another where this one could not start.
const workers = linked
  .filter((path) => path.endsWith(".js"))
  .flatMap((path) => [
    ...readFileSync(new URL(path, out), "utf8").matchAll(
      /\("(static\/chunks\/turbopack-worker-[^"]+)",(\[[^\]]+\])\)/g,
    ),
  ]);
if (workers.length !== 1)
  throw new Error(`The draw page has ${workers.length} workers; one, for inference, was expected.`);
const [, entry, chunks] = workers[0];
const parameters = [
  JSON.parse(chunks)
    .map((chunk) => `/_next/${chunk}`)
    .reverse(),
  "",
  "/_next/",
  null,
  null,
];
const url = `/_next/${entry}#params=${encodeURIComponent(JSON.stringify(parameters))}`;
const script = `inferenceWorker=new Worker(${JSON.stringify(url)});inferenceWorker.onerror=e=>{e.preventDefault();inferenceWorker=null};new Worker("/${name}",{type:"module"})`;

// Before the styles: a script behind them would wait for them.
const hastened = html.replace("<head>", () => `<head><script>${script}</script>`);
if (hastened === html) throw new Error("index.html has no <head> to put its script in.");
writeFileSync(page, hastened);
