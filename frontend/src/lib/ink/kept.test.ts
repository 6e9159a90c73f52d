import { describe, expect, it } from "vitest";
import { parseStrokes } from "./kept";
import { PAPER, type Stroke } from "./types";

const strokes: Stroke[] = [
  [
    { x: 0, y: 0 },
    { x: PAPER.width, y: PAPER.height },
  ],
  [{ x: 0.123456789, y: 0.5, pressure: 0.7 }],
];

describe("kept strokes", () => {
  it("come back as they were", () => {
    expect(parseStrokes(JSON.stringify(strokes))).toEqual(strokes);
  });

  it.each([
    ["no JSON", "{"],
    ["no list", "{}"],
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
  ])("are not made of %s", (_, text) => {
    expect(parseStrokes(text)).toBeNull();
  });
});
