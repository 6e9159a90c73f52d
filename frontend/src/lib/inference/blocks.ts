/** The outputs of a model's convolutional blocks, found in its graph. */

/** Part of TensorFlow's NodeDef. */
interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
}

/**
 * The last node of each block, in the order of the graph. A block ends at a pooling, so its last node is the pooling's
 * input.
 *
 * @param topology - `modelTopology` of a TensorFlow.js graph model.
 * @returns Names of nodes of shape (batch, height, width, channels); empty if the graph has no pooling.
 */
export function blockNodes(topology: unknown): string[] {
  const { node: nodes = [] } = topology as { node?: readonly GraphNode[] };
  const names = nodes
    .filter(({ op }) => op === "MaxPool" || op === "AvgPool")
    // `name:0` is the first output of a node. `^name` is a control dependency.
    .flatMap(({ input = [] }) => input.filter((name) => !name.startsWith("^")).slice(0, 1))
    .map((name) => name.replace(/:\d+$/, ""));
  return [...new Set(names)];
}
