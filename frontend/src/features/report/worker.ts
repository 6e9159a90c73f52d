/** The model page's worker: loads the release that the draw page runs, reads its report and runs the benchmark. */

import { benchmark, usesSimd } from "@/lib/inference/benchmark";
import { describeRelease } from "@/lib/inference/describeRelease";
import { problemOf } from "@/lib/inference/errors";
import { loadCurrentRelease } from "@/lib/inference/loadCurrentRelease";
import { readReport } from "@/lib/inference/release/report";
import type { FromWorker, ReportResult, ToWorker } from "./messages";
import type { ExcludedRelease, LoadedRelease } from "@/lib/inference/release/types";
import type { Model } from "@/lib/inference/types";

let running: LoadedRelease<Model> | null = null;

self.onmessage = async ({ data }: MessageEvent<ToWorker>) => {
  const isLoad = data.type === "load";
  try {
    if (isLoad) await load(data.excluded);
    else await measure();
  } catch (error) {
    send({ type: isLoad ? "failed" : "benchmarkFailed", problem: problemOf(error) });
  }
};

async function load(excluded: readonly ExcludedRelease[]): Promise<void> {
  running = await loadCurrentRelease(send, excluded);
  send({ type: "release", release: describeRelease(running), result: await readReleaseReport(running) });
}

async function readReleaseReport({ fetchReport }: LoadedRelease<Model>): Promise<ReportResult> {
  if (fetchReport === null) return { status: "none" };
  try {
    return { status: "ready", report: readReport(await fetchReport()) };
  } catch (error) {
    return { status: "invalid", problem: problemOf(error) };
  }
}

async function measure(): Promise<void> {
  if (running === null) throw new Error("the benchmark needs a loaded release");
  const timings = await benchmark(running, (backend, completed) =>
    send({ type: "trial", backend, completed }),
  );
  const simd = timings.some(({ backend }) => backend === "wasm") ? await usesSimd() : null;
  // Undefined in some browsers, although the type says otherwise.
  const cores = (navigator.hardwareConcurrency as number | undefined) ?? null;
  send({ type: "measured", measurement: { timings, cores, simd } });
}

function send(message: FromWorker): void {
  self.postMessage(message);
}
