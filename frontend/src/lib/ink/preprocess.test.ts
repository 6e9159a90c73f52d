import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { draw, normalize, PEN, pixelsFromStrokes, type Raster, SIDE } from "./preprocess";
import type { Stroke } from "./strokes";

/** Written by `tests/golden/make.py` from the reference, `ml/ink/preprocess.py`. */
interface Golden {
  pen: number;
  cases: ({ name: string; pixels: string } & (
    { strokes: [number, number][][] } | { ink: { height: number; width: number; data: string } }
  ))[];
}

const golden = JSON.parse(
  readFileSync(new URL("../../../../tests/golden/ink.json", import.meta.url), "utf8"),
) as Golden;

function pixelsOf(testCase: Golden["cases"][number]): Uint8Array {
  if ("strokes" in testCase) {
    return pixelsFromStrokes(testCase.strokes.map((stroke) => stroke.map(([x, y]) => ({ x, y }))));
  }
  const { height, width, data } = testCase.ink;
  return normalize({ height, width, ink: Float64Array.from(Buffer.from(data, "base64"), (v) => v / 255) });
}

describe("compared with ml/ink/preprocess.py", () => {
  it("has the same pen diameter", () => {
    expect(PEN).toBe(golden.pen);
  });

  it.each(golden.cases.map((testCase) => [testCase.name, testCase] as const))(
    "returns the same image to within 1/255: %s",
    (_, testCase) => {
      const expected = Buffer.from(testCase.pixels, "base64");
      const actual = pixelsOf(testCase);
      expect(expected).toHaveLength(SIDE * SIDE);
      expect(actual).toHaveLength(SIDE * SIDE);
      const difference = Math.max(...actual.map((value, i) => Math.abs(value - (expected[i] ?? NaN))));
      expect(difference).toBeLessThanOrEqual(1);
    },
  );
});

const line = (...points: [number, number][]): Stroke => points.map(([x, y]) => ({ x, y }));

/** Different shapes: tall, wide, square, hooked, unconnected. */
const shapes: Record<string, Stroke[]> = {
  one: [line([5, 0], [5.5, 10], [5, 21])],
  dash: [line([0, 0], [30, 2])],
  seven: [line([0, 0], [10, 0], [4, 15]), line([2, 7], [8, 7])],
  hook: [line([1, 1], [1, 9], [9, 9], [9, 5])],
  colon: [line([0, 0]), line([0, 8])],
};

describe.each(Object.entries(shapes))("pixelsFromStrokes of a %s", (_, strokes) => {
  const pixels = pixelsFromStrokes(strokes);
  const at = (row: number, column: number) => pixels[row * SIDE + column] ?? NaN;
  const range = Array.from({ length: SIDE }, (_, i) => i);
  const inkedRows = range.filter((row) => range.some((column) => at(row, column) > 0));
  const inkedColumns = range.filter((column) => range.some((row) => at(row, column) > 0));

  it("fills a box of 20 pixels", () => {
    const span = (inked: number[]) => (inked.at(-1) ?? NaN) - (inked[0] ?? NaN) + 1;
    expect(Math.max(span(inkedRows), span(inkedColumns))).toBe(20);
  });

  it("has a maximum of 255", () => {
    expect(Math.max(...pixels)).toBe(255);
  });

  it("centres the centre of mass", () => {
    const total = pixels.reduce((sum, value) => sum + value, 0);
    const mean = (coordinate: (i: number) => number) =>
      pixels.reduce((sum, value, i) => sum + value * coordinate(i), 0) / total;
    for (const centre of [mean((i) => Math.floor(i / SIDE) + 0.5), mean((i) => (i % SIDE) + 0.5)]) {
      // The ink is placed at whole pixels: (14, 15]. Rounding the values shifts the centre slightly.
      expect(centre).toBeGreaterThan(13.99);
      expect(centre).toBeLessThanOrEqual(15.01);
    }
  });

  it("does not depend on position and size", () => {
    const moved = strokes.map((stroke) => stroke.map(({ x, y }) => ({ x: 64 + x / 4, y: y / 4 - 32 })));
    expect(pixelsFromStrokes(moved)).toEqual(pixels);
  });
});

describe("edge cases", () => {
  const blank = new Uint8Array(SIDE * SIDE);

  it("returns a blank image without ink", () => {
    expect(pixelsFromStrokes([])).toEqual(blank);
    expect(pixelsFromStrokes([[]])).toEqual(blank);
    const blankRaster: Raster = { width: 3, height: 2, ink: new Float64Array(6) };
    expect(normalize(blankRaster)).toEqual(blank);
  });

  it("draws ink 160 raster pixels long with a margin of one pixel", () => {
    const { width, height, ink } = draw([line([3, 3], [3, 90])]);
    expect(height).toBe(162);
    expect(ink).toHaveLength(width * height);
    const rows = [0, height - 1].map((row) => Math.max(...ink.slice(row * width, (row + 1) * width)));
    expect(Math.max(...rows)).toBeLessThan(0.51);
  });
});

describe("pixelsFromStrokes of any strokes", () => {
  const RUNS = { seed: 1, numRuns: 25 };
  /** Multiples of 1/64, so that the shifts and scales below have no rounding errors. */
  const coordinate = fc.integer({ min: 0, max: 96 }).map((value) => value / 64);
  const point = fc.record({ x: coordinate, y: coordinate });
  const anyStrokes = fc.array(fc.array(point, { minLength: 1, maxLength: 6 }), {
    minLength: 1,
    maxLength: 3,
  });
  const transform = (strokes: readonly Stroke[], scale: number, dx: number, dy: number) =>
    strokes.map((stroke) => stroke.map(({ x, y }) => ({ x: scale * x + dx, y: scale * y + dy })));

  it("does not change with translation and with scaling by a power of two", () => {
    const shift = fc.integer({ min: -100, max: 100 });
    const exponent = fc.integer({ min: -5, max: 9 });
    fc.assert(
      fc.property(anyStrokes, exponent, shift, shift, (strokes, power, dx, dy) => {
        const moved = transform(strokes, 2 ** power, dx, dy);
        expect(pixelsFromStrokes(moved)).toEqual(pixelsFromStrokes(strokes));
      }),
      RUNS,
    );
  });

  it("changes by at most 1/255 with scaling by any factor", () => {
    fc.assert(
      fc.property(anyStrokes, fc.double({ min: 0.01, max: 500, noNaN: true }), (strokes, scale) => {
        const expected = pixelsFromStrokes(strokes);
        const actual = pixelsFromStrokes(transform(strokes, scale, 0, 0));
        expect(Math.max(...actual.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThanOrEqual(1);
      }),
      RUNS,
    );
  });

  it("has a maximum of 255, fills 20 pixels, and is centred unless it touches the border", () => {
    fc.assert(
      fc.property(anyStrokes, (strokes) => {
        const pixels = pixelsFromStrokes(strokes);
        expect(pixels).toHaveLength(SIDE * SIDE);
        expect(Math.max(...pixels)).toBe(255);
        const total = pixels.reduce((sum, value) => sum + value, 0);
        const inked = Array.from(pixels.keys()).filter((i) => pixels[i]! > 0);
        const spans = [(i: number) => Math.floor(i / SIDE), (i: number) => i % SIDE].map((axis) => {
          const centre = inked.reduce((sum, i) => sum + pixels[i]! * (axis(i) + 0.5), 0) / total;
          const [first, last] = [Math.min(...inked.map(axis)), Math.max(...inked.map(axis))];
          // The ink is off-centre only if it touches the border.
          if (last < SIDE - 1) expect(centre).toBeGreaterThan(13.99);
          if (first > 0) expect(centre).toBeLessThanOrEqual(15.01);
          return last - first + 1;
        });
        expect(Math.max(...spans)).toBe(20);
      }),
      RUNS,
    );
  });
});
