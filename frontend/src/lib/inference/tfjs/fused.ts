export { conv2d } from "@tensorflow/tfjs-core/dist/ops/fused/conv2d";
export { matMul } from "@tensorflow/tfjs-core/dist/ops/fused/mat_mul";
