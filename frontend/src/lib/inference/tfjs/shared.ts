/**
 * Replaces the module through which other backends reuse code of the CPU kernels (alias in next.config.ts). It exports only a
 * part of that code, enough for the kernels in wasm.ts.
 */
export { simpleAbsImpl as simpleAbsImplCPU } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Abs";
export { addImpl as addImplCPU } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Add";
export { castImpl as castImplCPU } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Cast";
export { concatImpl as concatImplCPU } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Concat_impl";
export { multiplyImpl as multiplyImplCPU } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Multiply";
export { notEqualImpl as notEqualImplCPU } from "@tensorflow/tfjs-backend-cpu/dist/kernels/NotEqual";
export { sliceImpl as sliceImplCPU } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Slice";
export { stridedSliceImpl as stridedSliceImplCPU } from "@tensorflow/tfjs-backend-cpu/dist/kernels/StridedSlice_impl";
export { subImpl as subImplCPU } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Sub";
export { transposeImpl as transposeImplCPU } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Transpose_impl";
