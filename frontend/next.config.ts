import type { NextConfig } from "next";

const ABSENT = "./src/lib/inference/tfjs/absent.ts";

const config: NextConfig = {
  output: "export",
  turbopack: {
    // The worker needs a dozen of TensorFlow.js' several hundred operations. Without these it weighs twice as much.
    resolveAlias: {
      "@tensorflow/tfjs-core": "./src/lib/inference/tfjs/core.ts",
      "@tensorflow/tfjs-core/dist/ops/ops_for_converter": "./src/lib/inference/tfjs/ops.ts",
      "../wasm-out/tfjs-backend-wasm-threaded-simd.js": ABSENT,
      "../wasm-out/tfjs-backend-wasm-threaded-simd.worker.js": ABSENT,
      "next/dist/compiled/buffer": ABSENT,
    },
  },
};

export default config;
