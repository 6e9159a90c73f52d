import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { chooseGroups, digitsIn, type Group, interpolate, layOut, type Sign } from "./segment";
import type { Stroke } from "./strokes";

const line = (...points: [number, number][]): Stroke => points.map(([x, y]) => ({ x, y }));

type ScoreGroups = (groups: readonly Group[]) => readonly number[];

/** The groups and signs of each line. */
function linesOf(strokes: readonly Stroke[], scoreGroups: ScoreGroups): (Group | Sign)[][] {
  const layout = layOut(strokes.map(interpolate));
  const groups = layout.candidates.map(({ group }) => group);
  return chooseGroups(layout, scoreGroups(groups)).map((symbols) =>
    symbols.map((symbol) => (typeof symbol === "string" ? symbol : groups[symbol]!)),
  );
}

/** The groups of a drawing with one line and no signs. */
function segment(strokes: readonly Stroke[], scoreGroups: ScoreGroups): Group[] {
  const lines = linesOf(strokes, scoreGroups);
  expect(lines.length).toBeLessThan(2);
  return lines.flat().filter((symbol) => typeof symbol !== "string");
}

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

/** Text of the lines: `d` for a digit. */
function read(strokes: readonly Stroke[], scoreGroups: ScoreGroups = equalScores): string[] {
  return linesOf(strokes, scoreGroups).map((line) =>
    line.map((symbol) => (typeof symbol === "string" ? symbol : "d")).join(""),
  );
}

const dot = (x: number, y: number): Stroke => line([x, y]);
const plus = [line([0, 0.5], [0.4, 0.52]), line([0.2, 0.3], [0.21, 0.72])];
const zero: Stroke = Array.from({ length: 25 }, (_, i) => ({
  x: 0.3 + 0.3 * Math.sin(i / 4),
  y: 0.5 - 0.5 * Math.cos(i / 4),
}));

describe.each([0.01, 1, 300])("signs, at a height of %f", (scale) => {
  it.each<[string, Stroke[], string]>([
    ["minus", [line([-0.6, 0.5], [-0.2, 0.45]), ...seven], "−d"],
    ["plus", [...plus, ...moved(seven, 0.7)], "+d"],
    ["point", [one(0), dot(0.25, 0.95), one(0.5)], "d.d"],
    ["point beside a 7, under its bar", [...seven, dot(0.42, 0.97)], "d."],
    ["leading point", [dot(-0.2, 1), one(0)], ".d"],
    ["comma", [one(0), line([0.3, 0.9], [0.22, 1.15]), one(0.6)], "d,d"],
    ["minus and point, drawn last", [one(0), one(0.6), dot(0.3, 1), line([-0.7, 0.5], [-0.3, 0.5])], "−d.d"],
  ])("%s", (_, strokes, text) => {
    expect(read(moved(strokes, 1, scale))).toEqual([text]);
  });

  it.each<[string, Stroke[]]>([
    ["a speck above", [one(0), dot(0.3, 0.2)]],
    ["a speck inside", [zero, dot(0.3, 0.5)]],
    ["an underline", [...seven, line([-0.1, 1.2], [0.7, 1.22])]],
    ["a ruled line", [...seven, line([-1, 0.9], [2, 0.95])]],
  ])("%s is neither a sign nor part of a digit", (_, strokes) => {
    const layout = layOut(moved(strokes, 1, scale).map(interpolate));
    const noise = strokes.length - 1;
    expect(layout.candidates.some(({ group }) => group.includes(noise))).toBe(false);
    expect(read(moved(strokes, 1, scale))).toEqual(["d"]);
  });

  it("a line that strikes two digits through is no digit", () => {
    expect(read(moved([one(0), one(0.6), line([-0.1, 0.5], [0.7, 0.45])], 1, scale))).toEqual(["dd"]);
  });
});

describe("the shape of a sign alone is not a digit", () => {
  it.each<[string, Stroke[]]>([
    ["minus", [line([0, 0], [0.5, 0.02])]],
    ["plus", plus],
    ["point", [dot(0.5, 0.5)]],
  ])("%s", (_, strokes) => {
    expect(layOut(strokes.map(interpolate)).candidates.map(({ isSign }) => isSign)).toContain(true);
    expect(read(strokes)).toEqual(["d"]);
  });

  it("nor is a minus between digits", () => {
    const strokes = [one(0), line([0.4, 0.5], [0.8, 0.5]), one(1.2)];
    const { candidates } = layOut(strokes.map(interpolate));
    expect(candidates.filter(({ isSign }) => isSign)).toEqual([{ group: [1], parts: 1, isSign: true }]);
  });

  it.each(Object.entries({ one: [one(0)], five, seven, openFour, zero: [zero] }))(
    "but a %s is",
    (_, strokes) => {
      expect(layOut(strokes.map(interpolate)).candidates.some(({ isSign }) => isSign)).toBe(false);
    },
  );
});

const below = (strokes: readonly Stroke[], dy: number): Stroke[] =>
  strokes.map((stroke) => stroke.map(({ x, y }) => ({ x, y: y + dy })));

describe("lines", () => {
  const number = [one(0), one(0.5), one(1)];

  it("below each other are separate numbers, from top to bottom", () => {
    expect(read([...below(number, 1.4), ...seven])).toEqual(["d", "ddd"]);
  });

  it("have their own signs", () => {
    const minus = line([-0.7, 0.5], [-0.3, 0.5]);
    expect(read([...number, ...below([minus, one(0), dot(0.25, 1), one(0.5)], 1.5)])).toEqual([
      "ddd",
      "−d.d",
    ]);
  });

  it("are not the digits of a number that rises", () => {
    expect(read([one(0), ...below([one(0.5)], -0.6), ...below([one(1)], -1.2)])).toEqual(["ddd"]);
  });

  it("at a short distance are an 8 or two numbers, by the scores", () => {
    const loop = (top: number) => zero.map(({ x, y }) => ({ x, y: y + top }));
    const eight = [loop(0), loop(1.1)];
    expect(read(eight, prefer([0, 1]))).toEqual(["d"]);
    expect(read(eight, prefer([0], [1]))).toEqual(["d", "d"]);
    expect(read([loop(0), loop(1.5)], prefer([0, 1]))).toEqual(["d", "d"]);
  });
});

it("thick lines have the same layout as their middle lines", () => {
  const thick = (stroke: Stroke): Stroke =>
    interpolate(stroke).flatMap(({ x, y }) =>
      [-0.05, 0, 0.05].flatMap((dx) => [-0.05, 0, 0.05].map((dy) => ({ x: x + dx, y: y + dy }))),
    );
  // With its ink, the gap between the 7 and the 1 is narrow enough for one digit.
  const strokes = [
    line([-0.7, 0.5], [-0.3, 0.5]),
    ...openFour,
    dot(0.7, 1),
    ...moved(seven, 0.9),
    one(0.9 + 0.5 + 0.36),
  ];
  const layout = layOut(strokes.map(interpolate));
  const thickLayout = layOut(strokes.map(thick), 0.1);
  expect(thickLayout.candidates).toEqual(layout.candidates);
  expect(thickLayout.readings[0]!.lines[0]).toHaveLength(layout.readings[0]!.lines[0]!.length);
});

it("digitsIn counts the digits of all lines", () => {
  const count = (strokes: readonly Stroke[]) => digitsIn(layOut(strokes.map(interpolate)));
  expect(count([...moved(seven, 2), one(1.2), ...five, ...below([one(0)], 2)])).toBe(4);
  expect(count(Array.from({ length: 49 }, (_, i) => one(i)))).toBe(Infinity);
});

describe("properties", () => {
  const coordinate = fc.double({ min: 0, max: 1.5, noNaN: true });
  const anyStroke = fc.array(fc.record({ x: coordinate, y: coordinate }), { minLength: 1, maxLength: 5 });
  // Up to 52 strokes; more than 48 form one group.
  const anyStrokes = fc.array(anyStroke, { maxLength: 52, size: "max" });

  it("assigns each stroke to at most one group for any scores", () => {
    const score = fc.double({ min: -50, max: 0, noNaN: true });
    fc.assert(
      fc.property(anyStrokes, fc.array(score, { minLength: 1, maxLength: 20 }), (strokes, scores) => {
        const scoreGroups = vi.fn((groups: readonly Group[]) =>
          groups.map((_, i) => scores[i % scores.length]!),
        );
        const lines = linesOf(strokes, scoreGroups);
        const groups = lines.flat().filter((symbol) => typeof symbol !== "string");
        expect(new Set(groups.flat()).size).toBe(groups.flat().length);
        for (const line of lines) expect(line.some((symbol) => typeof symbol !== "string")).toBe(true);
        if (strokes.length > 0) expect(lines).not.toEqual([]);
        for (const group of groups) {
          expect(group.length).toBeGreaterThan(0);
          expect(group).toEqual(group.toSorted((a, b) => a - b));
          expect(scoreGroups.mock.calls[0]![0]).toContainEqual(group);
        }
      }),
      { seed: 1, numRuns: 50 },
    );
  });
});
