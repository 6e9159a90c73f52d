/** The plain JavaScript backend and its kernels for ops.ts. Downloaded only if WebAssembly is not available. */

import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu/dist/backend_cpu";
import { addConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Add";
import { castConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Cast";
import { fusedConv2DConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/FusedConv2D";
import { identityConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Identity";
import { maxPoolConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/MaxPool";
import { multiplyConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Multiply";
import { packConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Pack";
import { reluConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Relu";
import { reshapeConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Reshape";
import { stridedSliceConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/StridedSlice";
import { subConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Sub";
import { _fusedMatMulConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/_FusedMatMul";
import { type KernelConfig, registerBackend, registerKernel } from "@tensorflow/tfjs-core";

registerBackend("cpu", () => new MathBackendCPU());

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
