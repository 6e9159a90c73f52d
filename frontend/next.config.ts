import type { NextConfig } from "next";

const TFJS = "./src/lib/inference/tfjs";
const ABSENT = `${TFJS}/absent.ts`;

/** Categories of operations of tfjs-converter that the models do not use. */
const UNUSED_OPS = [
  "control",
  "creation",
  "dynamic",
  "evaluation",
  "hash_table",
  "image",
  "logical",
  "normalization",
  "ragged",
  "reduction",
  "sparse",
  "spectral",
  "string",
].flatMap((category) => [`./op_list/${category}`, `./executors/${category}_executor`]);

const config: NextConfig = {
  output: "export",
  turbopack: {
    // The worker needs about a dozen of the several hundred operations of TensorFlow.js. Without these aliases, it is four times
    // as large.
    resolveAlias: {
      "@tensorflow/tfjs-core": `${TFJS}/core.ts`,
      "@tensorflow/tfjs-core/dist/ops/ops_for_converter": `${TFJS}/ops.ts`,
      "../wasm-out/tfjs-backend-wasm-threaded-simd.js": ABSENT,
      "../wasm-out/tfjs-backend-wasm-threaded-simd.worker.js": ABSENT,
      "next/dist/compiled/buffer": ABSENT,
      "../kernel_utils/shared": `${TFJS}/shared.ts`,
      "./kernel_utils/shared": `${TFJS}/shared.ts`,
      "./io/io": `${TFJS}/io.ts`,
      "../io/indexed_db": ABSENT,
      "../io/local_storage": ABSENT,
      "../io/model_management": ABSENT,
      "./hash_util": ABSENT,
      ...Object.fromEntries(UNUSED_OPS.map((module) => [module, `${TFJS}/no-ops.ts`])),
    },
  },
};

export default config;
