import { env, setBackend } from "@tensorflow/tfjs-core";
import { SIDE } from "@/lib/ink/preprocess";
import { quantile } from "@/lib/statistics";
import { BACKENDS, INFERENCES } from "./backends";
import { loadModel } from "./model";
import type { Backend, Timing } from "./types";
import type { Release } from "./release/types";

/**
 * Measure each available backend. The last one remains set.
 *
 * @param onImage - Called with the number of images, of `INFERENCES`, that the backend has classified.
 * @returns One timing for each backend that this browser supports.
 */
export async function benchmark(
  release: Release,
  onImage: (backend: Backend, completed: number) => void,
): Promise<Timing[]> {
  const timings: Timing[] = [];
  for (const backend of BACKENDS) {
    onImage(backend, 0);
    try {
      timings.push(await measure(release, backend, onImage));
    } catch {
      // This browser does not support the backend.
    }
  }
  return timings;
}

/** Whether TensorFlow.js' WebAssembly backend uses SIMD; null if the backend was never started. */
export async function usesSimd(): Promise<boolean | null> {
  try {
    return Boolean(await env().getAsync("WASM_HAS_SIMD_SUPPORT"));
  } catch {
    return null;
  }
}

async function measure(
  release: Release,
  backend: Backend,
  onImage: (backend: Backend, completed: number) => void,
): Promise<Timing> {
  if (backend === "cpu") await import("./tfjs/cpu");
  if (!(await setBackend(backend))) throw new Error(`the backend ${backend} does not start`);
  const loadStart = performance.now();
  const model = await loadModel(release, backend);
  const first = performance.now() - loadStart;
  try {
    const durations: number[] = [];
    for (let completed = 1; completed <= INFERENCES; completed++) {
      // All images differ, so that no result can be reused.
      const pixels = Uint8Array.from({ length: SIDE * SIDE }, (_, i) => (i * 37 + completed * 101) % 256);
      const start = performance.now();
      model.logits([pixels]);
      durations.push(performance.now() - start);
      if (completed % 10 === 0) onImage(backend, completed);
    }
    return { backend, first, median: quantile(durations, 0.5), p95: quantile(durations, 0.95) };
  } finally {
    model.dispose();
  }
}
