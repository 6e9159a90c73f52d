/** The model page's worker: finds the release that the draw page runs, reads its report, and times it. */

import { benchmark, usesSimd } from "@/lib/inference/benchmark";
import { describe } from "@/lib/inference/describe";
import { KeptReleases } from "@/lib/inference/release/cache";
import { loadRelease, type Running, sentence } from "@/lib/inference/release/load";
import { type Network, prepare, startNetwork } from "@/lib/inference/model";
import { PLACES } from "@/lib/inference/urls";
import { readReport } from "@/lib/inference/release/report";
import type { FromWorker, Outcome, ToWorker } from "./messages";

let running: Running<Network> | null = null;

self.onmessage = async ({ data }: MessageEvent<ToWorker>) => {
  try {
    if (data.type === "load") await load();
    else await measure();
  } catch (error) {
    send({ type: "failed", reason: sentence(error) });
  }
};

async function load(): Promise<void> {
  prepare();
  running = await loadRelease({
    ...PLACES,
    fetch: (...request) => fetch(...request),
    kept: new KeptReleases(() => caches),
    // A release that does not run here is not the one that draws here, whatever it reports.
    start: startNetwork,
    onProgress: (received, total) => send({ type: "progress", received, total }),
  });
  send({ type: "release", release: describe(running), outcome: await report(running) });
}

async function report({ fetchReport }: Running<Network>): Promise<Outcome> {
  if (fetchReport === null) return { status: "none" };
  try {
    return { status: "read", report: readReport(await fetchReport()) };
  } catch (error) {
    return { status: "unreadable", reason: sentence(error) };
  }
}

async function measure(): Promise<void> {
  if (running === null) throw new Error("asked to measure before there is anything");
  const timings = await benchmark(running, (backend, read) => send({ type: "trial", backend, read }));
  const simd = timings.some(({ backend }) => backend === "wasm") ? await usesSimd() : null;
  // Some browsers do not tell, whatever the types say.
  const cores = (navigator.hardwareConcurrency as number | undefined) ?? null;
  send({ type: "measured", measurement: { timings, cores, simd } });
}

function send(message: FromWorker): void {
  self.postMessage(message);
}
