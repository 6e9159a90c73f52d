import { describe, expect, it } from "vitest";
import { boxBlur, closing, type Plane, quantile, resize, squaredDistance, transpose } from "./imageOps";
import { randomFrom } from "./testing/photograph";

const random = randomFrom(1);
const plane: Plane = { width: 13, height: 9, values: Float32Array.from({ length: 13 * 9 }, random) };

/** What each pixel's window makes of it, the slow way. */
function byWindow({ width, values }: Plane, radius: number, of: (window: number[]) => number): number[] {
  return Array.from(values, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return of(
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
  it("boxBlur takes the mean of each window", () => {
    const mean = (window: number[]) => window.reduce((a, b) => a + b) / window.length;
    expectClose(boxBlur(plane, radius).values, byWindow(plane, radius, mean));
  });

  it("closing takes the smallest of the largest", () => {
    const largest = byWindow(plane, radius, (window) => Math.max(...window));
    const expected = byWindow({ ...plane, values: Float32Array.from(largest) }, radius, (window) =>
      Math.min(...window),
    );
    expectClose(closing(plane, radius).values, expected);
  });
});

it("transpose turns rows into columns, and back", () => {
  const turned = transpose(plane);
  expect([turned.width, turned.height]).toEqual([9, 13]);
  expect(turned.values[2 * 9 + 5]).toBe(plane.values[5 * 13 + 2]);
  expect(transpose(turned)).toEqual(plane);
});

describe("resize", () => {
  it.each([40, 5])("keeps what is even, and the shape, at %i", (side) => {
    const scaled = resize({ width: 20, height: 10, values: new Float32Array(200).fill(0.25) }, side);
    expect([scaled.width, scaled.height]).toEqual([side, Math.round(side / 2)]);
    expectClose(scaled.values, new Float32Array(scaled.values.length).fill(0.25));
  });

  it("leaves a plane of the wanted size as it is", () => {
    expect(resize(plane, 13)).toBe(plane);
  });

  it("averages a fine pattern away instead of sampling it", () => {
    const stripes = { width: 64, height: 64, values: Float32Array.from({ length: 4096 }, (_, i) => i % 2) };
    for (const value of resize(stripes, 8).values) expect(Math.abs(value - 0.5)).toBeLessThan(0.1);
  });
});

it("quantile tells what share lies below", () => {
  const values = Array.from({ length: 1001 }, (_, i) => i / 1000);
  for (const share of [0.1, 0.5, 0.998]) expect(quantile(values, share)).toBeCloseTo(share, 2);
  expect(quantile([-3, 7], 1)).toBe(1);
});

it("squaredDistance is that of the nearest pixel inside", () => {
  const inside = plane.values.map((value) => (value > 0.9 ? 1 : 0));
  const places = Array.from(inside.keys()).filter((i) => inside[i] === 1);
  expect(places.length).toBeGreaterThan(3);
  const expected = Array.from(inside.keys(), (i) =>
    Math.min(
      ...places.map((j) => ((i % 13) - (j % 13)) ** 2 + (Math.floor(i / 13) - Math.floor(j / 13)) ** 2),
    ),
  );
  expectClose(
    squaredDistance(13, 9, (i) => inside[i] === 1),
    expected,
  );
});
