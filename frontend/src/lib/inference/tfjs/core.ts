/**
 * Replaces `@tensorflow/tfjs-core` in the bundle (alias in next.config.ts). It omits the gradients and chained operations that
 * the package's entry point registers, and all loading of models except the decoding of weights.
 */
import "@tensorflow/tfjs-core/dist/base_side_effects";

export * from "@tensorflow/tfjs-core/dist/base";
export * as io from "./io";
