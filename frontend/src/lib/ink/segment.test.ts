import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { type Group, segment } from "./segment";
import type { Stroke } from "./strokes";

const line = (...points: [number, number][]): Stroke => points.map(([x, y]) => ({ x, y }));

/** Reads everything equally well, so that geometry alone decides. */
const indifferent = (groups: readonly Group[]) => groups.map(() => 0);

/** Reads these groups alone. */
const reads =
  (...known: number[][]) =>
  (groups: readonly Group[]) =>
    groups.map((group) => (known.some((each) => each.join() === group.join()) ? 0 : -5));

const one = (x: number): Stroke => line([x, 0], [x, 1]);
const five = [line([0, 0], [0, 0.4], [0.4, 0.6], [0.3, 0.9], [0, 1]), line([0, 0], [0.5, 0])];
const seven = [line([0, 0], [0.5, 0], [0.2, 1]), line([0.1, 0.5], [0.45, 0.5])];
/** Its two strokes are 0.1 apart. */
const openFour = [line([0.1, 0], [0, 0.5], [0.4, 0.5]), one(0.5)];

const moved = (strokes: readonly Stroke[], dx: number, scale = 1): Stroke[] =>
  strokes.map((stroke) => stroke.map(({ x, y }) => ({ x: (x + dx) * scale, y: y * scale })));

describe("what lies one above the other is one digit, whatever the network thinks", () => {
  it.each([
    ["a bar of a 5", five],
    ["a cross of a 7", seven],
    ["a bar of a 5, drawn first", five.toReversed()],
  ])("%s", (_, strokes) => {
    expect(segment(strokes, reads([0], [1]))).toEqual([[0, 1]]);
  });
});

describe("what much paper parts are two digits, whatever the network thinks", () => {
  it("two lines", () => {
    expect(segment([one(0), one(0.5)], reads([0, 1]))).toEqual([[0], [1]]);
  });

  it("a number of several strokes a digit, read from left to right in whatever order it was written", () => {
    const strokes = [...moved(seven, 2), one(1.2), ...five];
    expect(segment(strokes, reads())).toEqual([[3, 4], [2], [0, 1]]);
  });

  it("a bar that is added at the end goes to its own digit", () => {
    const [body, bar] = five as [Stroke, Stroke];
    expect(segment([body, one(1.2), bar], indifferent)).toEqual([[0, 2], [1]]);
  });
});

describe("in between, the network decides", () => {
  it("one 4, or a 6 and a 1", () => {
    expect(segment(openFour, reads([0, 1]))).toEqual([[0, 1]]);
    expect(segment(openFour, reads([0], [1]))).toEqual([[0], [1]]);
  });

  it("two digits that reach under each other, as slanted ones do", () => {
    const slanted = [line([0.3, 0], [0, 1]), line([0.55, 0], [0.25, 1])];
    expect(segment(slanted, reads([0], [1]))).toEqual([[0], [1]]);
    expect(segment(slanted, indifferent)).toEqual([[0, 1]]);
  });

  it("asks about all that may be a digit at once, and about nothing twice", () => {
    const judge = vi.fn(indifferent);
    segment([one(0), one(0.1), one(0.2), one(1)], judge);
    expect(judge).toHaveBeenCalledOnce();
    expect(judge.mock.calls[0]?.[0].map(String).toSorted()).toEqual([
      "0",
      "0,1",
      "0,1,2",
      "1",
      "1,2",
      "2",
      "3",
    ]);
  });
});

describe.each([0.01, 1, 300])("drawn %f high", (scale) => {
  it("is divided alike", () => {
    const strokes = moved([...openFour, ...moved(five, 1)], 3, scale);
    expect(segment(strokes, reads([0, 1], [2, 3]))).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });
});

describe("edges", () => {
  it("no stroke is no digit", () => {
    expect(segment([], indifferent)).toEqual([]);
  });

  it("dots are digits to be judged, too", () => {
    expect(segment([line([0.5, 0.5])], indifferent)).toEqual([[0]]);
    expect(segment([line([0.2, 0.5]), line([0.2, 0.5])], indifferent)).toEqual([[0, 1]]);
  });

  it("every stroke is in one digit, however many there are", () => {
    const many = Array.from({ length: 48 }, (_, i) => one((i * 37) % 11));
    const groups = segment(many, indifferent);
    expect(groups.length).toBeGreaterThan(1);
    expect(groups.flat().toSorted((a, b) => a - b)).toEqual(many.map((_, i) => i));
  });
});

describe("properties", () => {
  const coordinate = fc.double({ min: 0, max: 1.5, noNaN: true });
  const anyStroke = fc.array(fc.record({ x: coordinate, y: coordinate }), { minLength: 1, maxLength: 5 });
  // More than 48 strokes are one group.
  const anyStrokes = fc.array(anyStroke, { maxLength: 52, size: "max" });

  it("every stroke is in exactly one group, whatever the scores", () => {
    const score = fc.double({ min: -50, max: 0, noNaN: true });
    fc.assert(
      fc.property(anyStrokes, fc.array(score, { minLength: 1, maxLength: 20 }), (strokes, scores) => {
        const judge = vi.fn((groups: readonly Group[]) => groups.map((_, i) => scores[i % scores.length]!));
        const groups = segment(strokes, judge);
        expect(groups.flat().toSorted((a, b) => a - b)).toEqual([...strokes.keys()]);
        for (const group of groups) {
          expect(group.length).toBeGreaterThan(0);
          expect(group).toEqual(group.toSorted((a, b) => a - b));
          expect(judge.mock.calls[0]![0]).toContainEqual(group);
        }
        expect(judge).toHaveBeenCalledOnce();
      }),
      { seed: 1, numRuns: 50 },
    );
  });
});
