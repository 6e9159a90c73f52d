/** What the benchmark measures: apart from it, so that a page can say so without TensorFlow.js. */

import type { Backend } from "./types";

/** Images that each backend reads, one by one. */
export const INFERENCES = 200;

/** In the order of the measurement. */
export const BACKENDS: readonly Backend[] = ["wasm", "cpu"];
