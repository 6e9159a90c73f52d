/**
 * Replaces modules that are not used (aliases in next.config.ts): the loader of TensorFlow.js' multithreaded WebAssembly, which
 * model.ts disables; a polyfill of Buffer, which TensorFlow.js would prefer to the browser's own functions; its storage for
 * models, as release/cache.ts caches releases; and its hashes of strings.
 */
const absent = undefined;
export default absent;
export const wasmWorkerContents = absent;
export const Buffer = absent;
export const BrowserIndexedDB = absent;
export const BrowserIndexedDBManager = absent;
export const BrowserLocalStorage = absent;
export const BrowserLocalStorageManager = absent;
export const ModelStoreManagerRegistry = absent;
