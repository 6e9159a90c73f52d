/** TensorFlow.js on WebGL with the kernels behind ops.ts. Only the benchmark wants it, and only when it is started. */

import "@tensorflow/tfjs-backend-webgl/dist/base";
import { addConfig } from "@tensorflow/tfjs-backend-webgl/dist/kernels/Add";
import { castConfig } from "@tensorflow/tfjs-backend-webgl/dist/kernels/Cast";
import { fusedConv2DConfig } from "@tensorflow/tfjs-backend-webgl/dist/kernels/FusedConv2D";
import { identityConfig } from "@tensorflow/tfjs-backend-webgl/dist/kernels/Identity";
import { maxPoolConfig } from "@tensorflow/tfjs-backend-webgl/dist/kernels/MaxPool";
import { multiplyConfig } from "@tensorflow/tfjs-backend-webgl/dist/kernels/Multiply";
import { packConfig } from "@tensorflow/tfjs-backend-webgl/dist/kernels/Pack";
import { reluConfig } from "@tensorflow/tfjs-backend-webgl/dist/kernels/Relu";
import { reshapeConfig } from "@tensorflow/tfjs-backend-webgl/dist/kernels/Reshape";
import { stridedSliceConfig } from "@tensorflow/tfjs-backend-webgl/dist/kernels/StridedSlice";
import { subConfig } from "@tensorflow/tfjs-backend-webgl/dist/kernels/Sub";
import { _fusedMatMulConfig } from "@tensorflow/tfjs-backend-webgl/dist/kernels/_FusedMatMul";
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
