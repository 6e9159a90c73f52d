/** What the benchmark measures: apart from it, so that a page can say so without TensorFlow.js. */

/** Images that each backend reads, one by one. */
export const INFERENCES = 200;

/** In the order of the measurement. */
export const BACKENDS = ["wasm", "cpu"] as const;
export type Backend = (typeof BACKENDS)[number];

/** How quick a backend is on this device, in milliseconds. */
export interface Timing {
  readonly backend: Backend;
  /** From the release's bytes to the first answer. */
  readonly first: number;
  readonly median: number;
  readonly p95: number;
}
