import { describe, expect, it } from "vitest";
import { parseInput, serializeInput } from "./serialize";
import { layOut } from "./segment";
import { CANVAS_SIZE, type Stroke } from "./strokes";
import type { DrawingInput } from "./drawingInput";

const strokes: Stroke[] = [
  [
    { x: 0, y: 0 },
    { x: CANVAS_SIZE.width, y: CANVAS_SIZE.height },
  ],
  [{ x: 0.123456789, y: 0.5, pressure: 0.7 }],
];
const raster = { width: 2, height: 1, ink: Float64Array.of(0, 0.4) };
const box = { left: 0.25, top: 0, width: 0.5, height: 1 };
const layout = layOut([
  [
    { x: 1, y: 0 },
    { x: 1, y: 1 },
  ],
  [{ x: 1.3, y: 1 }],
]);
const inputs: DrawingInput[] = [
  { kind: "ink", strokes },
  { kind: "pixels", pixels: Uint8Array.from({ length: 784 }, (_, i) => i % 256) },
  { kind: "picture", raster, layout, candidates: [{ box, pixels: new Uint8Array(784).fill(7) }] },
];

const edge = { from: 0, to: 1, candidate: 0, cutScore: 0 };

/** A serialized image with `changes`. */
function imageWith(changes: object): string {
  return JSON.stringify({ ...(JSON.parse(serializeInput(inputs[2]!)) as object), ...changes });
}

describe("serializeInput and parseInput", () => {
  it.each(inputs)("round-trip: $kind", (input) => {
    expect(parseInput(serializeInput(input))).toEqual(input);
  });

  it("parse the format of earlier versions", () => {
    expect(parseInput(JSON.stringify(strokes))).toEqual({ kind: "ink", strokes });
  });

  it.each([
    ["invalid JSON", "{"],
    ["an empty object", "{}"],
    ["null", "null"],
    ["an empty array", "[]"],
    ["a stroke without points", "[[]]"],
    ["a point that is null", "[[null]]"],
    ["a point without y", '[[{"x":0.5}]]'],
    ["a coordinate that is a string", '[[{"x":"0.5","y":0.5}]]'],
    ["a coordinate that is null", '[[{"x":null,"y":0.5}]]'],
    ["a point outside the canvas", '[[{"x":1.6,"y":0.5}]]'],
    ["a pressure above 1", '[[{"x":1,"y":0.5,"pressure":2}]]'],
    ["too many points", JSON.stringify([Array(100_001).fill({ x: 0, y: 0 })])],
    ["too few pixels", '{"kind":"pixels","pixels":[0]}'],
    ["a pixel above 255", JSON.stringify({ kind: "pixels", pixels: Array(784).fill(256) })],
    ["an image without digits", imageWith({ candidates: [] })],
    ["a digit without a box", imageWith({ candidates: [{ pixels: Array(784).fill(0) }] })],
    ["a digit without pixels", imageWith({ candidates: [{ box }] })],
    ["an image of earlier versions", imageWith({ candidates: undefined, digits: [{ box, raster }] })],
    ["an image without a layout", imageWith({ layout: undefined })],
    ["a layout of other candidates", imageWith({ layout: { ...layout, candidates: [] } })],
    ["a layout without a reading", imageWith({ layout: { ...layout, readings: [] } })],
    [
      "a line without digits",
      imageWith({ layout: { ...layout, readings: [{ cutScore: 0, lines: [["."]] }] } }),
    ],
    [
      "an unknown sign",
      imageWith({ layout: { ...layout, readings: [{ cutScore: 0, lines: [[[edge], "x"]] }] } }),
    ],
    [
      "an incomplete edge",
      imageWith({ layout: { ...layout, readings: [{ cutScore: 0, lines: [[[{ ...edge, to: null }]]] }] } }),
    ],
    [
      "a raster whose size does not match its ink",
      imageWith({ raster: { width: 2, height: 2, ink: [0, 102] } }),
    ],
    ["an empty raster", imageWith({ raster: { width: 0, height: 0, ink: [] } })],
    ["ink that is not an integer", imageWith({ raster: { width: 2, height: 1, ink: [0, 0.5] } })],
  ])("return null for %s", (_, text) => {
    expect(parseInput(text)).toBeNull();
  });
});
