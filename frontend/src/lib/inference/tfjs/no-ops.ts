/**
 * Replaces tfjs-converter's lists and executors of operations that the models do not use (aliases in next.config.ts). Loading
 * a graph with such an operation fails with "Unknown op".
 */
export const json: readonly never[] = [];
export const executeOp = undefined;
