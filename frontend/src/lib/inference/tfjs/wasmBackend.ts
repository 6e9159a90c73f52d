/** TensorFlow.js' WebAssembly backend, which runs only the files of the installed version. */

import { BackendWasm } from "@tensorflow/tfjs-backend-wasm/dist/backend_wasm";
import { version } from "@tensorflow/tfjs-backend-wasm/dist/version";
import wasmFactory, {
  type BackendWasmModule,
} from "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.js";
import { env, registerBackend } from "@tensorflow/tfjs-core";

/** SHA-256 of the files of the installed version. */
export const WASM_INTEGRITY = {
  "tfjs-backend-wasm.wasm": "sha256-cKXVFgYEZOUmnwHHS6wXcta4q2y2Eqzxa1za9h942JI=",
  "tfjs-backend-wasm-simd.wasm": "sha256-d+uyim0083HbvyCGt/LeiZSs2OpaPPH6JNLCbIQMrHs=",
} as const;

/** Reads a .wasm file. */
export type ReadWasm = (file: keyof typeof WASM_INTEGRITY) => Promise<BufferSource>;

/** Register the backend. It starts when it is selected. */
export function registerWasm(read: ReadWasm = fetchVerified): void {
  registerBackend("wasm", async () => new BackendWasm(await startWasm(read)));
}

type OnInstance = (instance: WebAssembly.Instance, module: WebAssembly.Module) => void;

/** The package's types lack Emscripten's functions. */
interface Module extends BackendWasmModule {
  cwrap<F>(name: string, returnType: null | "number", parameterTypes: readonly "number"[]): F;
}

/**
 * Does the work of `init` in tfjs-backend-wasm/dist/backend_wasm.js, which downloads the file by itself and cannot verify it.
 */
async function startWasm(read: ReadWasm): Promise<BackendWasmModule> {
  const simd = Boolean(await env().getAsync("WASM_HAS_SIMD_SUPPORT"));
  const compiled = await WebAssembly.compile(
    await read(simd ? "tfjs-backend-wasm-simd.wasm" : "tfjs-backend-wasm.wasm"),
  );
  const wasm = await new Promise<Module>((resolve, reject) => {
    wasmFactory({
      instantiateWasm: (imports: WebAssembly.Imports, onInstance: OnInstance) => {
        WebAssembly.instantiate(compiled, imports).then((instance) => onInstance(instance, compiled), reject);
        return {};
      },
    }).then((module) => resolve(module as Module), reject);
  });
  wasm.tfjs = {
    init: wasm.cwrap("init", null, []),
    initWithThreadsCount: wasm.cwrap("init_with_threads_count", null, ["number"]),
    getThreadsCount: wasm.cwrap("get_threads_count", "number", []),
    registerTensor: wasm.cwrap("register_tensor", null, ["number", "number", "number"]),
    disposeData: wasm.cwrap("dispose_data", null, ["number"]),
    dispose: wasm.cwrap("dispose", null, []),
  };
  return wasm;
}

/** Download a .wasm file. The browser rejects it if it is changed; then it may be a damaged copy in the browser's cache. */
const fetchVerified: ReadWasm = async (file) => {
  // Absolute, because a bundled worker cannot resolve relative URLs against its own.
  const url = `${location.origin}/wasm/${version}/${file}`;
  const request = (cache: RequestCache) => fetch(url, { cache, integrity: WASM_INTEGRITY[file] });
  const response = await request("default").catch(() => request("reload"));
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status}`);
  return response.arrayBuffer();
};
