/**
 * Replaces `@tensorflow/tfjs-core/dist/ops/ops_for_converter` in the bundle (alias in next.config.ts) with the operations that
 * a release's graph needs. graph.ts lists the TensorFlow operations that these support.
 */
export { add } from "@tensorflow/tfjs-core/dist/ops/add";
export { cast } from "@tensorflow/tfjs-core/dist/ops/cast";
export * as fused from "./fused";
export { maxPool } from "@tensorflow/tfjs-core/dist/ops/max_pool";
export { mul } from "@tensorflow/tfjs-core/dist/ops/mul";
export { relu } from "@tensorflow/tfjs-core/dist/ops/relu";
export { reshape } from "@tensorflow/tfjs-core/dist/ops/reshape";
export { scalar } from "@tensorflow/tfjs-core/dist/ops/scalar";
export { squeeze } from "@tensorflow/tfjs-core/dist/ops/squeeze";
export { stack } from "@tensorflow/tfjs-core/dist/ops/stack";
export { stridedSlice } from "@tensorflow/tfjs-core/dist/ops/strided_slice";
export { sub } from "@tensorflow/tfjs-core/dist/ops/sub";
export { tensor1d } from "@tensorflow/tfjs-core/dist/ops/tensor1d";
