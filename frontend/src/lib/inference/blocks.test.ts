import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { blockNodes } from "./blocks";

it("finds the three blocks of the bundled release, in order", () => {
  const model = new URL("../../../public/model/model.json", import.meta.url);
  const { modelTopology } = JSON.parse(readFileSync(model, "utf8")) as {
    modelTopology: { node: { name: string }[] };
  };
  const found = blockNodes(modelTopology);
  expect(found).toHaveLength(3);
  const order = modelTopology.node.map(({ name }) => name);
  expect(found.map((name) => order.indexOf(name))).toEqual(
    found.map((name) => order.indexOf(name)).toSorted((a, b) => a - b),
  );
  expect(order).toEqual(expect.arrayContaining(found));
});

it("returns the input of each pooling, whatever the names", () => {
  const node = [
    { name: "x", op: "Placeholder" },
    { name: "c1", op: "_FusedConv2D", input: ["x", "w"] },
    { name: "p1", op: "MaxPool", input: ["^x", "c1:0"] },
    { name: "c2", op: "Relu", input: ["p1"] },
    { name: "p2", op: "AvgPool", input: ["c2"] },
    { name: "again", op: "MaxPool", input: ["c2"] },
  ];
  expect(blockNodes({ node })).toEqual(["c1", "c2"]);
});

it("returns nothing for a graph without pooling", () => {
  expect(blockNodes({})).toEqual([]);
  expect(blockNodes({ node: [{ name: "x", op: "Placeholder" }] })).toEqual([]);
});
