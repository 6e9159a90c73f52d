/**
 * Stands in for `@tensorflow/tfjs-core` in the bundle (next.config.ts): the core without what its own entry registers
 * and nothing here uses (gradients, chained operations), and of its ways to load a model only the decoding of weights.
 */
import "@tensorflow/tfjs-core/dist/base_side_effects";

export * from "@tensorflow/tfjs-core/dist/base";
export * as io from "./io";
