/** The kernels behind ops.ts, on WebAssembly and, where that does not work, in plain JavaScript. */

import { addConfig as cpuAdd } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Add";
import { castConfig as cpuCast } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Cast";
import { fusedConv2DConfig as cpuFusedConv2D } from "@tensorflow/tfjs-backend-cpu/dist/kernels/FusedConv2D";
import { identityConfig as cpuIdentity } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Identity";
import { maxPoolConfig as cpuMaxPool } from "@tensorflow/tfjs-backend-cpu/dist/kernels/MaxPool";
import { multiplyConfig as cpuMultiply } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Multiply";
import { packConfig as cpuPack } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Pack";
import { reluConfig as cpuRelu } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Relu";
import { reshapeConfig as cpuReshape } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Reshape";
import { stridedSliceConfig as cpuStridedSlice } from "@tensorflow/tfjs-backend-cpu/dist/kernels/StridedSlice";
import { subConfig as cpuSub } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Sub";
import { _fusedMatMulConfig as cpuFusedMatMul } from "@tensorflow/tfjs-backend-cpu/dist/kernels/_FusedMatMul";
import { addConfig as wasmAdd } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Add";
import { castConfig as wasmCast } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Cast";
import { fusedConv2DConfig as wasmFusedConv2D } from "@tensorflow/tfjs-backend-wasm/dist/kernels/FusedConv2D";
import { identityConfig as wasmIdentity } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Identity";
import { maxPoolConfig as wasmMaxPool } from "@tensorflow/tfjs-backend-wasm/dist/kernels/MaxPool";
import { multiplyConfig as wasmMultiply } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Multiply";
import { packConfig as wasmPack } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Pack";
import { reluConfig as wasmRelu } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Relu";
import { reshapeConfig as wasmReshape } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Reshape";
import { stridedSliceConfig as wasmStridedSlice } from "@tensorflow/tfjs-backend-wasm/dist/kernels/StridedSlice";
import { subConfig as wasmSub } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Sub";
import { _fusedMatMulConfig as wasmFusedMatMul } from "@tensorflow/tfjs-backend-wasm/dist/kernels/_FusedMatMul";
import { type KernelConfig, registerKernel } from "@tensorflow/tfjs-core";

const kernels: KernelConfig[] = [
  cpuAdd,
  cpuCast,
  cpuFusedConv2D,
  cpuIdentity,
  cpuMaxPool,
  cpuMultiply,
  cpuPack,
  cpuRelu,
  cpuReshape,
  cpuStridedSlice,
  cpuSub,
  cpuFusedMatMul,
  wasmAdd,
  wasmCast,
  wasmFusedConv2D,
  wasmIdentity,
  wasmMaxPool,
  wasmMultiply,
  wasmPack,
  wasmRelu,
  wasmReshape,
  wasmStridedSlice,
  wasmSub,
  wasmFusedMatMul,
];

kernels.forEach(registerKernel);
