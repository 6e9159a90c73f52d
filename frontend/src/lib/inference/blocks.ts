/** Which nodes of a release's graph hold what its blocks found; told from the graph's form, so any network has them. */

/** As much of a node of TensorFlow's GraphDef as is needed. */
interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
}

/**
 * The node at the end of each block, in the order in which an image passes them: a block ends where its maps are made
 * smaller, so it is what goes into each pooling.
 *
 * @param topology - `modelTopology` of a TensorFlow.js graph model.
 * @returns Names of nodes of shape (batch, height, width, channels); none when the graph has no pooling.
 */
export function blockNodes(topology: unknown): string[] {
  const { node: nodes = [] } = topology as { node?: readonly GraphNode[] };
  const names = nodes
    .filter(({ op }) => op === "MaxPool" || op === "AvgPool")
    // `name:0` is the first output, `^name` a mere order of execution.
    .flatMap(({ input = [] }) => input.filter((name) => !name.startsWith("^")).slice(0, 1))
    .map((name) => name.replace(/:\d+$/, ""));
  return [...new Set(names)];
}
