/** The WebAssembly kernels for ops.ts. */

import { addConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Add";
import { castConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Cast";
import { fusedConv2DConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/FusedConv2D";
import { identityConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Identity";
import { maxPoolConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/MaxPool";
import { multiplyConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Multiply";
import { packConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Pack";
import { reluConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Relu";
import { reshapeConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Reshape";
import { stridedSliceConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/StridedSlice";
import { subConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Sub";
import { _fusedMatMulConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/_FusedMatMul";
import { type KernelConfig, registerKernel } from "@tensorflow/tfjs-core";

const kernels: KernelConfig[] = [
  addConfig,
  castConfig,
  fusedConv2DConfig,
  identityConfig,
  maxPoolConfig,
  multiplyConfig,
  packConfig,
  reluConfig,
  reshapeConfig,
  stridedSliceConfig,
  subConfig,
  _fusedMatMulConfig,
];

kernels.forEach(registerKernel);
