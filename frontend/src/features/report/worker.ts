/** The model page's worker: finds the release that the draw page runs, reads its report, and times it. */

import { benchmark, usesSimd } from "@/lib/inference/benchmark";
import { describeRelease } from "@/lib/inference/describeRelease";
import { ReleaseCache } from "@/lib/inference/release/cache";
import { problemOf } from "@/lib/inference/errors";
import { loadRelease } from "@/lib/inference/release/load";
import { prepareBackend, startModel } from "@/lib/inference/model";
import { URLS } from "@/lib/inference/urls";
import { readReport } from "@/lib/inference/release/report";
import type { FromWorker, Outcome, ToWorker } from "./messages";
import type { LoadedRelease } from "@/lib/inference/release/types";
import type { Model } from "@/lib/inference/types";

let running: LoadedRelease<Model> | null = null;

self.onmessage = async ({ data }: MessageEvent<ToWorker>) => {
  try {
    if (data.type === "load") await load();
    else await measure();
  } catch (error) {
    send({ type: "failed", problem: problemOf(error) });
  }
};

async function load(): Promise<void> {
  prepareBackend();
  running = await loadRelease({
    ...URLS,
    fetch: (...request) => fetch(...request),
    cache: new ReleaseCache(() => caches),
    // A release that does not run here is not the one that draws here, whatever it reports.
    start: startModel,
    onProgress: (received, total) => send({ type: "progress", received, total }),
  });
  send({ type: "release", release: describeRelease(running), outcome: await report(running) });
}

async function report({ fetchReport }: LoadedRelease<Model>): Promise<Outcome> {
  if (fetchReport === null) return { status: "none" };
  try {
    return { status: "read", report: readReport(await fetchReport()) };
  } catch (error) {
    return { status: "unreadable", problem: problemOf(error) };
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
