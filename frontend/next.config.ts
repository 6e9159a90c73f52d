import type { NextConfig } from "next";

const config: NextConfig = {
  output: "export",
  images: { unoptimized: true },
  turbopack: {
    resolveAlias: {
      // The worker needs a dozen of TensorFlow.js' several hundred operations: see these two files.
      "@tensorflow/tfjs-core": "./src/lib/inference/tfjs/core.ts",
      "@tensorflow/tfjs-core/dist/ops/ops_for_converter": "./src/lib/inference/tfjs/ops.ts",
    },
  },
};

export default config;
