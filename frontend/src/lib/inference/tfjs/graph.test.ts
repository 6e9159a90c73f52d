import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { missingOps } from "./graph";

const bundled = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../../public/model/${name}`, import.meta.url), "utf8"));

const node = [
  { name: "image", op: "Placeholder" },
  { name: "order", op: "NoOp" },
  { name: "top", op: "TopKV2", input: ["image", "^order"] },
  { name: "relu", op: "Relu", input: ["top:1"] },
  { name: "logits", op: "Relu", input: ["relu"] },
  { name: "probabilities", op: "Softmax", input: ["logits"] },
  { name: "features", op: "Relu", input: ["image"] },
];
const graph = { node };

it("returns the unsupported operations that an output needs, and no others", () => {
  expect(missingOps(graph, ["logits"])).toEqual(["TopKV2", "NoOp"]);
  expect(missingOps(graph, ["features"])).toEqual([]);
  expect(missingOps(graph, ["features", "probabilities"])).toEqual(["Softmax", "TopKV2", "NoOp"]);
});

it("supports all operations of the bundled release", () => {
  const { modelTopology } = bundled("model.json");
  const { logits } = bundled("manifest.json").outputs;
  expect(modelTopology.node.map(({ name }: { name: string }) => name)).toContain(logits.replace(/:\d+$/, ""));
  expect(missingOps(modelTopology, [logits])).toEqual([]);
});
