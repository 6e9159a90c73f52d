import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { type Group, segment } from "./segment";
import type { Stroke } from "./strokes";

const line = (...points: [number, number][]): Stroke => points.map(([x, y]) => ({ x, y }));

/** Scores all groups equally, so that only the geometry matters. */
const equalScores = (groups: readonly Group[]) => groups.map(() => 0);

/** Scores the given groups 0 and all others −5. */
const prefer =
  (...preferred: number[][]) =>
  (groups: readonly Group[]) =>
    groups.map((group) => (preferred.some((each) => each.join() === group.join()) ? 0 : -5));

const one = (x: number): Stroke => line([x, 0], [x, 1]);
const five = [line([0, 0], [0, 0.4], [0.4, 0.6], [0.3, 0.9], [0, 1]), line([0, 0], [0.5, 0])];
const seven = [line([0, 0], [0.5, 0], [0.2, 1]), line([0.1, 0.5], [0.45, 0.5])];
/** Its two strokes are 0.1 apart. */
const openFour = [line([0.1, 0], [0, 0.5], [0.4, 0.5]), one(0.5)];

const moved = (strokes: readonly Stroke[], dx: number, scale = 1): Stroke[] =>
  strokes.map((stroke) => stroke.map(({ x, y }) => ({ x: (x + dx) * scale, y: y * scale })));

describe("overlapping strokes are one digit for any scores", () => {
  it.each([
    ["a bar of a 5", five],
    ["a cross of a 7", seven],
    ["a bar of a 5, drawn first", five.toReversed()],
  ])("%s", (_, strokes) => {
    expect(segment(strokes, prefer([0], [1]))).toEqual([[0, 1]]);
  });
});

describe("strokes with a wide gap are two digits for any scores", () => {
  it("two vertical lines", () => {
    expect(segment([one(0), one(0.5)], prefer([0, 1]))).toEqual([[0], [1]]);
  });

  it("a number with several strokes per digit, from left to right in any drawing order", () => {
    const strokes = [...moved(seven, 2), one(1.2), ...five];
    expect(segment(strokes, prefer())).toEqual([[3, 4], [2], [0, 1]]);
  });

  it("a bar that is drawn last belongs to the digit below it", () => {
    const [body, bar] = five as [Stroke, Stroke];
    expect(segment([body, one(1.2), bar], equalScores)).toEqual([[0, 2], [1]]);
  });
});

describe("the scores decide ambiguous cases", () => {
  it("one 4, or a 6 and a 1", () => {
    expect(segment(openFour, prefer([0, 1]))).toEqual([[0, 1]]);
    expect(segment(openFour, prefer([0], [1]))).toEqual([[0], [1]]);
  });

  it("two slanted digits that overlap horizontally", () => {
    const slanted = [line([0.3, 0], [0, 1]), line([0.55, 0], [0.25, 1])];
    expect(segment(slanted, prefer([0], [1]))).toEqual([[0], [1]]);
    expect(segment(slanted, equalScores)).toEqual([[0, 1]]);
  });

  it("scores all candidates in one call, each once", () => {
    const scoreGroups = vi.fn(equalScores);
    segment([one(0), one(0.1), one(0.2), one(1)], scoreGroups);
    expect(scoreGroups).toHaveBeenCalledOnce();
    expect(scoreGroups.mock.calls[0]?.[0].map(String).toSorted()).toEqual([
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

describe.each([0.01, 1, 300])("with a height of %f", (scale) => {
  it("returns the same groups", () => {
    const strokes = moved([...openFour, ...moved(five, 1)], 3, scale);
    expect(segment(strokes, prefer([0, 1], [2, 3]))).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });
});

describe("edge cases", () => {
  it("returns no digit for no strokes", () => {
    expect(segment([], equalScores)).toEqual([]);
  });

  it("groups dots like other strokes", () => {
    expect(segment([line([0.5, 0.5])], equalScores)).toEqual([[0]]);
    expect(segment([line([0.2, 0.5]), line([0.2, 0.5])], equalScores)).toEqual([[0, 1]]);
  });

  it("assigns each of 48 strokes to one digit", () => {
    const many = Array.from({ length: 48 }, (_, i) => one((i * 37) % 11));
    const groups = segment(many, equalScores);
    expect(groups.length).toBeGreaterThan(1);
    expect(groups.flat().toSorted((a, b) => a - b)).toEqual(many.map((_, i) => i));
  });
});

describe("properties", () => {
  const coordinate = fc.double({ min: 0, max: 1.5, noNaN: true });
  const anyStroke = fc.array(fc.record({ x: coordinate, y: coordinate }), { minLength: 1, maxLength: 5 });
  // Up to 52 strokes; more than 48 form one group.
  const anyStrokes = fc.array(anyStroke, { maxLength: 52, size: "max" });

  it("assigns each stroke to exactly one group for any scores", () => {
    const score = fc.double({ min: -50, max: 0, noNaN: true });
    fc.assert(
      fc.property(anyStrokes, fc.array(score, { minLength: 1, maxLength: 20 }), (strokes, scores) => {
        const scoreGroups = vi.fn((groups: readonly Group[]) =>
          groups.map((_, i) => scores[i % scores.length]!),
        );
        const groups = segment(strokes, scoreGroups);
        expect(groups.flat().toSorted((a, b) => a - b)).toEqual([...strokes.keys()]);
        for (const group of groups) {
          expect(group.length).toBeGreaterThan(0);
          expect(group).toEqual(group.toSorted((a, b) => a - b));
          expect(scoreGroups.mock.calls[0]![0]).toContainEqual(group);
        }
        expect(scoreGroups).toHaveBeenCalledOnce();
      }),
      { seed: 1, numRuns: 50 },
    );
  });
});
