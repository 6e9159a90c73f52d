export { decodeWeights } from "@tensorflow/tfjs-core/dist/io/io_utils";
