/**
 * Stands in for modules that the bundle would hold in vain (next.config.ts): the glue of TensorFlow.js' threaded build,
 * which model.ts switches off; a Buffer for browsers, which TensorFlow.js would prefer to the browser's own means; its
 * ways to keep models in the browser, as releases are kept by release/cache.ts; and its hash of strings.
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
