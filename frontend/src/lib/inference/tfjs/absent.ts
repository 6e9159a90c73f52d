/**
 * Stands in for modules that the bundle would hold in vain (next.config.ts): the glue of TensorFlow.js' threaded build,
 * which network.ts switches off, and a Buffer for browsers, which TensorFlow.js would prefer to the browser's own means.
 */
const absent = undefined;
export default absent;
export const wasmWorkerContents = absent;
export const Buffer = absent;
