import { beforeAll, describe, expect, it } from "vitest";
import { number, SHAPES, type Stroke } from "@/lib/ink/testing/shapes";
import { predict } from "./predict";
import { loadBundledModel } from "./testing/bundledModel";
import type { Model } from "./types";

let model: Model;

beforeAll(async () => {
  ({ model } = await loadBundledModel());
});

/** The bundled model's prediction for strokes of `lib/ink/testing/shapes.ts`. */
function predictShape(strokes: readonly Stroke[]) {
  const points = strokes.map((stroke) => stroke.map(([x, y]) => ({ x: x / 100, y: y / 100 })));
  return predict(model, { kind: "ink", strokes: points }).glyphs;
}

describe.each(Object.entries(SHAPES))("a %s", (digit, shapes) => {
  it.each(shapes.map(({ name, strokes }) => [name, strokes] as const))("is recognized: %s", (_, strokes) => {
    const [glyph, ...others] = predictShape(strokes);
    expect(others).toEqual([]);
    expect(glyph).toMatchObject({ digit: Number(digit), rejected: false });
  });
});

it("tests at least three shapes of each digit", () => {
  expect(Object.keys(SHAPES)).toHaveLength(10);
  expect(Math.min(...Object.values(SHAPES).map((shapes) => shapes.length))).toBeGreaterThanOrEqual(3);
});

it.each<[string, Stroke]>([
  ["a tap", [[50, 50]]],
  ["a horizontal bar", [[15, 50], [85, 50]]], // prettier-ignore
])("rejects %s", (_, stroke) => {
  expect(predictShape([stroke])).toMatchObject([{ rejected: true }]);
});

it("assigns a bar that is drawn last to the digit that it crosses", () => {
  const [body, bar, ...one] = number("71", { 7: 1 });
  expect(one).not.toEqual([]);
  expect(predictShape([body!, ...one, bar!])).toMatchObject([{ digit: 7 }, { digit: 1 }]);
});
