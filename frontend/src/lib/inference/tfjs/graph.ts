/** TensorFlow operations that ops.ts, wasm.ts and cpu.ts support. To add one, extend all three. */
const SUPPORTED_OPS: ReadonlySet<string> = new Set([
  "AddV2",
  "Cast",
  "Const",
  "Identity",
  "MaxPool",
  "Mul",
  "Pack",
  "Placeholder",
  "Relu",
  "Reshape",
  "Shape",
  "Squeeze",
  "StridedSlice",
  "Sub",
  "_FusedConv2D",
  "_FusedMatMul",
]);

interface GraphNode {
  readonly name: string;
  readonly op: string;
  /** Names of nodes. The suffix `:index` selects one of several outputs; the prefix `^` marks a control dependency. */
  readonly input?: readonly string[];
}

/**
 * The unsupported operations that are needed to compute `outputs`. Other nodes are ignored.
 *
 * @param topology - `modelTopology` of a TensorFlow.js graph model.
 * @param outputs - Names of nodes, as in a manifest.
 * @returns Each operation once.
 */
export function missingOps(topology: unknown, outputs: readonly string[]): string[] {
  const { node: nodes = [] } = topology as { node?: readonly GraphNode[] };
  const nodesByName = new Map(nodes.map((node) => [node.name, node]));
  const needed = new Set<GraphNode>();
  const addWithInputs = (reference: string) => {
    const node = nodesByName.get(reference.replace(/^\^|:\d+$/g, ""));
    if (node === undefined || needed.has(node)) return;
    needed.add(node);
    node.input?.forEach(addWithInputs);
  };
  outputs.forEach(addWithInputs);
  return [...new Set([...needed].map(({ op }) => op))].filter((op) => !SUPPORTED_OPS.has(op));
}
