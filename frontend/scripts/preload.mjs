// Add an inline script to the draw page that starts the inference worker and preloads the files that it requests. Without it,
// the worker would start after the page's scripts, and loading on a slow connection would take twice as long. A second worker
// preloads the files, so that the requests do not block rendering.
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
// Preloading the bundled model starts at once and is cancelled if the configuration names a Storage. Waiting for the
// configuration would cost a round trip. `no-store` bypasses the browser cache, which would delay the same
// request of the inference worker.
const preload = `const model=new AbortController;fetch("/config.json",{cache:"no-store"}).then(response=>response.json()).then(({storage})=>{if(storage!==null)model.abort()}).catch(()=>{});await Promise.allSettled(${JSON.stringify(paths)}.map(async path=>(await fetch("/"+path,{signal:path.startsWith("model/")?model.signal:null})).arrayBuffer()));close()`;
const name = `_next/static/preload-${createHash("sha256").update(preload).digest("hex").slice(0, 16)}.js`;
writeFileSync(new URL(name, out), preload);

// The page's scripts contain this call of Turbopack, which starts the worker.
const workers = linked
  .filter((path) => path.endsWith(".js"))
  .flatMap((path) => [
    ...readFileSync(new URL(path, out), "utf8").matchAll(
      /\("(static\/chunks\/turbopack-worker-[^"]+)",(\[[^\]]+\])\)/g,
    ),
  ]);
if (workers.length !== 1)
  throw new Error(`The draw page must have one worker, for inference, but has ${workers.length}.`);
const [, entry, chunks] = workers[0];
// The URL and parameters that Turbopack's runtime uses. If this worker fails to start, the page starts another.
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
const script = `{const worker=new Worker(${JSON.stringify(url)}),messages=[];worker.postMessage({type:"load",excluded:[]});worker.onmessage=e=>messages.push(e.data);worker.onerror=e=>{e.preventDefault();inferenceWorker=null};inferenceWorker={worker,messages}}new Worker("/${name}",{type:"module"})`;

// The worker's messages are kept until the page handles them (lib/inference/client.ts).
// The script comes before the styles. Otherwise the browser would delay it until they are loaded.
const htmlWithScript = html.replace("<head>", () => `<head><script>${script}</script>`);
if (htmlWithScript === html) throw new Error("index.html has no <head> element for the preload script.");
writeFileSync(page, htmlWithScript);
