import { describe, expect, it } from "vitest";
import { isComplete, isValidationSample, parseSamples } from "./penDigits";

const FILE = `.INCLUDE        dene.doc
.LEXICON "0" "1" "2" "3" "4" "5" "6" "7" "8" "9"
.HIERARCHY      DIGIT

.SEGMENT DIGIT    0-1 ? "4"
.COMMENT 4 12  224
.PEN_DOWN
 267  333
 270  320
.PEN_UP
.DT 100
.PEN_DOWN
.PEN_UP
.PEN_DOWN
 0  500
.PEN_UP

.SEGMENT DIGIT    2 ? "1"
.COMMENT 1 28  5
.PEN_DOWN
 10  20
.PEN_UP
`;

const stroke = (...points: [number, number][]) => points.map(([x, y]) => ({ x, y }));

describe("parseSamples", () => {
  it("reads labels, writers and strokes, with y down", () => {
    expect(parseSamples(FILE)).toEqual([
      { id: "w12-s224", label: 4, writer: 12, strokes: [stroke([267, 167], [270, 180]), stroke([0, 0])] },
      { id: "w28-s5", label: 1, writer: 28, strokes: [stroke([10, 480])] },
    ]);
  });

  it("rejects a segment without a comment", () => {
    expect(() => parseSamples(".SEGMENT DIGIT\n.PEN_DOWN\n 1 2\n.PEN_UP")).toThrow(
      "neither its label nor its writer",
    );
  });
});

it("assigns every third writer to the validation set", () => {
  expect(parseSamples(FILE).map(isValidationSample)).toEqual([true, false]);
});

it("finds a 4 whose second stroke is missing", () => {
  const angle = stroke([10, 0], [0, 10], [20, 10]);
  const crossed = [...angle, ...stroke([15, 5], [15, 20])];
  const sample = (label: number, ...strokes: ReturnType<typeof stroke>[]) => ({
    id: "",
    label,
    writer: 1,
    strokes,
  });
  expect(isComplete(sample(4, angle))).toBe(false);
  expect(isComplete(sample(4, crossed))).toBe(true);
  expect(isComplete(sample(4, angle, stroke([15, 5], [15, 20])))).toBe(true);
  expect(isComplete(sample(1, angle))).toBe(true);
});
