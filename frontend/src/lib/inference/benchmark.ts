import { env, setBackend } from "@tensorflow/tfjs-core";
import { SIDE } from "@/lib/ink/preprocess";
import { quantile } from "@/lib/statistics";
import { BACKENDS, INFERENCES } from "./backends";
import { loadModel } from "./model";
import type { Backend, Timing } from "./types";
import type { Release } from "./release/types";

/**
 * Time each backend that works here, and leave one of them set; the others are left out.
 *
 * @param onImage - How many images of `INFERENCES` a backend has read.
 */
export async function benchmark(
  release: Release,
  onImage: (backend: Backend, read: number) => void,
): Promise<Timing[]> {
  const timings: Timing[] = [];
  for (const backend of BACKENDS) {
    onImage(backend, 0);
    try {
      timings.push(await time(release, backend, onImage));
    } catch {
      // This browser lacks what the backend needs.
    }
  }
  return timings;
}

/** Whether TensorFlow.js' WebAssembly uses SIMD here; null before it was asked to run. */
export async function usesSimd(): Promise<boolean | null> {
  try {
    return Boolean(await env().getAsync("WASM_HAS_SIMD_SUPPORT"));
  } catch {
    return null;
  }
}

async function time(
  release: Release,
  backend: Backend,
  onImage: (backend: Backend, read: number) => void,
): Promise<Timing> {
  if (backend === "cpu") await import("./tfjs/cpu");
  if (!(await setBackend(backend))) throw new Error(`${backend} does not start`);
  const begun = performance.now();
  const model = await loadModel(release, backend);
  const first = performance.now() - begun;
  try {
    const durations: number[] = [];
    for (let read = 1; read <= INFERENCES; read++) {
      // Greys that differ from image to image, so that nothing can be reused.
      const pixels = Uint8Array.from({ length: SIDE * SIDE }, (_, i) => (i * 37 + read * 101) % 256);
      const start = performance.now();
      model.logits([pixels]);
      durations.push(performance.now() - start);
      if (read % 10 === 0) onImage(backend, read);
    }
    return { backend, first, median: quantile(durations, 0.5), p95: quantile(durations, 0.95) };
  } finally {
    model.dispose();
  }
}
