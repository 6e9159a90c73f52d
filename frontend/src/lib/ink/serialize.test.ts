import { describe, expect, it } from "vitest";
import { parseInput, serializeInput } from "./serialize";
import { PAPER, type Stroke } from "./strokes";
import type { DrawingInput } from "./drawingInput";

const strokes: Stroke[] = [
  [
    { x: 0, y: 0 },
    { x: PAPER.width, y: PAPER.height },
  ],
  [{ x: 0.123456789, y: 0.5, pressure: 0.7 }],
];
const raster = { width: 2, height: 1, ink: Float64Array.of(0, 0.4) };
const box = { left: 0.25, top: 0, width: 0.5, height: 1 };
const inputs: DrawingInput[] = [
  { kind: "ink", strokes },
  { kind: "pixels", pixels: Uint8Array.from({ length: 784 }, (_, i) => i % 256) },
  { kind: "picture", raster, digits: [{ box, raster }] },
];

/** What is kept of a picture, but for `changes`. */
function picture(changes: object): string {
  return JSON.stringify({ ...(JSON.parse(serializeInput(inputs[2]!)) as object), ...changes });
}

describe("what is kept of a sheet", () => {
  it.each(inputs)("comes back as it was: $kind", (input) => {
    expect(parseInput(serializeInput(input))).toEqual(input);
  });

  it("is found as the versions before kept it", () => {
    expect(parseInput(JSON.stringify(strokes))).toEqual({ kind: "ink", strokes });
  });

  it.each([
    ["no JSON", "{"],
    ["nothing of ours", "{}"],
    ["nothing", "null"],
    ["no strokes", "[]"],
    ["a stroke without points", "[[]]"],
    ["a point that is none", "[[null]]"],
    ["half a point", '[[{"x":0.5}]]'],
    ["a word for a number", '[[{"x":"0.5","y":0.5}]]'],
    ["a number that is none", '[[{"x":null,"y":0.5}]]'],
    ["a point that is not on the paper", '[[{"x":1.6,"y":0.5}]]'],
    ["a pressure beyond the hardest", '[[{"x":1,"y":0.5,"pressure":2}]]'],
    ["more ink than a hand leaves", JSON.stringify([Array(100_001).fill({ x: 0, y: 0 })])],
    ["too few pixels", '{"kind":"pixels","pixels":[0]}'],
    ["pixels too bright", JSON.stringify({ kind: "pixels", pixels: Array(784).fill(256) })],
    ["a picture without digits", picture({ digits: [] })],
    ["a digit that lies nowhere", picture({ digits: [{ raster: { width: 1, height: 1, ink: [0] } }] })],
    ["a digit without an image", picture({ digits: [{ box }] })],
    ["a picture of another size", picture({ raster: { width: 2, height: 2, ink: [0, 102] } })],
    ["a picture of no size", picture({ raster: { width: 0, height: 0, ink: [] } })],
    ["half a point of ink", picture({ raster: { width: 2, height: 1, ink: [0, 0.5] } })],
  ])("is not made of %s", (_, text) => {
    expect(parseInput(text)).toBeNull();
  });
});
