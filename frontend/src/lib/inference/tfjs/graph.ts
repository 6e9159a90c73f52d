/** The operations of TensorFlow's that ops.ts, wasm.ts and cpu.ts can run; all three have to know one that is added. */
const RUNNABLE: ReadonlySet<string> = new Set([
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
  /** Names, with `:index` behind where a node has several outputs, and with `^` before where only its order matters. */
  readonly input?: readonly string[];
}

/**
 * The operations on the way to `outputs` that this bundle cannot run, each once; a node beside that way may be anything.
 *
 * @param topology - `modelTopology` of a TensorFlow.js graph model.
 * @param outputs - Names of nodes, as in a manifest.
 */
export function missingOps(topology: unknown, outputs: readonly string[]): string[] {
  const { node: nodes = [] } = topology as { node?: readonly GraphNode[] };
  const named = new Map(nodes.map((node) => [node.name, node]));
  const needed = new Set<GraphNode>();
  const need = (reference: string) => {
    const node = named.get(reference.replace(/^\^|:\d+$/g, ""));
    if (node === undefined || needed.has(node)) return;
    needed.add(node);
    node.input?.forEach(need);
  };
  outputs.forEach(need);
  return [...new Set([...needed].map(({ op }) => op))].filter((op) => !RUNNABLE.has(op));
}
