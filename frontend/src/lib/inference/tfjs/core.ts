/**
 * Stands in for `@tensorflow/tfjs-core` in the bundle (next.config.ts): the core without the gradients and chained
 * operations that its own entry registers, and that nothing here uses.
 */
import "@tensorflow/tfjs-core/dist/base_side_effects";

export * from "@tensorflow/tfjs-core/dist/base";
