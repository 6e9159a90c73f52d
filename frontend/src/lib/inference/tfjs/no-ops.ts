/**
 * Stands in for the converter's lists of operations, and for what runs them, that no network of ours needs
 * (next.config.ts). A graph that holds one of them is refused by name: "Unknown op".
 */
export const json: readonly never[] = [];
export const executeOp = undefined;
