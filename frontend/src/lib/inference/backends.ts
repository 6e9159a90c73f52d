/** Settings of the benchmark, in a module of their own so that pages can import them without TensorFlow.js. */

import type { Backend } from "./types";

/** Images that each backend classifies, one at a time. */
export const INFERENCES = 200;

/** Backends in the order of measurement. */
export const BACKENDS: readonly Backend[] = ["wasm", "cpu"];
