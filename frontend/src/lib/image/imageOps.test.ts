import { describe, expect, it } from "vitest";
import {
  boxBlur,
  closing,
  type Plane,
  quantile,
  resize,
  squaredDistanceTransform,
  transpose,
} from "./imageOps";
import { seededRandom } from "./testing/syntheticPhotograph";

const random = seededRandom(1);
const plane: Plane = { width: 13, height: 9, values: Float32Array.from({ length: 13 * 9 }, random) };

/** Apply `reduce` to the square window of each pixel. A slow reference implementation. */
function filterByWindow(
  { width, values }: Plane,
  radius: number,
  reduce: (window: number[]) => number,
): number[] {
  return Array.from(values, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return reduce(
      Array.from(values).filter(
        (_, j) => Math.abs((j % width) - x) <= radius && Math.abs(Math.floor(j / width) - y) <= radius,
      ),
    );
  });
}

function expectClose(actual: Float32Array, expected: ArrayLike<number>) {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 5));
}

describe.each([0, 1, 3, 20])("with a radius of %i", (radius) => {
  it("boxBlur returns the mean of each window", () => {
    const mean = (window: number[]) => window.reduce((a, b) => a + b) / window.length;
    expectClose(boxBlur(plane, radius).values, filterByWindow(plane, radius, mean));
  });

  it("closing returns the minimum of the maxima", () => {
    const largest = filterByWindow(plane, radius, (window) => Math.max(...window));
    const expected = filterByWindow({ ...plane, values: Float32Array.from(largest) }, radius, (window) =>
      Math.min(...window),
    );
    expectClose(closing(plane, radius).values, expected);
  });
});

it("transpose swaps rows and columns", () => {
  const transposed = transpose(plane);
  expect([transposed.width, transposed.height]).toEqual([9, 13]);
  expect(transposed.values[2 * 9 + 5]).toBe(plane.values[5 * 13 + 2]);
  expect(transpose(transposed)).toEqual(plane);
});

describe("resize", () => {
  it.each([40, 5])("keeps uniform values and the aspect ratio with a side of %i", (side) => {
    const scaled = resize({ width: 20, height: 10, values: new Float32Array(200).fill(0.25) }, side);
    expect([scaled.width, scaled.height]).toEqual([side, Math.round(side / 2)]);
    expectClose(scaled.values, new Float32Array(scaled.values.length).fill(0.25));
  });

  it("returns a plane of that size unchanged", () => {
    expect(resize(plane, 13)).toBe(plane);
  });

  it("averages fine stripes instead of sampling them", () => {
    const stripes = { width: 64, height: 64, values: Float32Array.from({ length: 4096 }, (_, i) => i % 2) };
    for (const value of resize(stripes, 8).values) expect(Math.abs(value - 0.5)).toBeLessThan(0.1);
  });
});

it("quantile returns the value below which a share of the values lies", () => {
  const values = Array.from({ length: 1001 }, (_, i) => i / 1000);
  for (const share of [0.1, 0.5, 0.998]) expect(quantile(values, share)).toBeCloseTo(share, 2);
  expect(quantile([-3, 7], 1)).toBe(1);
});

it("squaredDistanceTransform returns the squared distance to the nearest pixel of the mask", () => {
  const mask = plane.values.map((value) => (value > 0.9 ? 1 : 0));
  const maskIndices = Array.from(mask.keys()).filter((i) => mask[i] === 1);
  expect(maskIndices.length).toBeGreaterThan(3);
  const expected = Array.from(mask.keys(), (i) =>
    Math.min(
      ...maskIndices.map((j) => ((i % 13) - (j % 13)) ** 2 + (Math.floor(i / 13) - Math.floor(j / 13)) ** 2),
    ),
  );
  expectClose(
    squaredDistanceTransform(13, 9, (i) => mask[i] === 1),
    expected,
  );
});
