import { expect, it } from "vitest";
import { meanOf, percentile, shareInterval } from "./statistics";

it("the spread is the sample's", () => {
  const { n, mean, deviation } = meanOf([2, 4, 4, 4, 5, 5, 7, 9])!;
  expect([n, mean]).toEqual([8, 5]);
  expect(deviation).toBeCloseTo(Math.sqrt(32 / 7), 12);
});

it.each([[[]], [[0.9]]])("%j has no spread", (values) => {
  expect(meanOf(values)).toBeNull();
});

it("a percentile is a value that was measured, whatever the order", () => {
  const values = Array.from({ length: 200 }, (_, i) => 200 - i);
  expect(percentile(values, 0.5)).toBe(100);
  expect(percentile(values, 0.95)).toBe(190);
  expect(percentile(values, 1)).toBe(200);
  expect(percentile([7], 0.5)).toBe(7);
});

it.each([
  // Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I.
  [81, 263, 0.2553, 0.3662],
  [15, 148, 0.0624, 0.1605],
  [0, 20, 0, 0.1611],
  [1, 29, 0.0061, 0.1718],
])("%d of %d stand for a share of %d to %d", (some, all, low, high) => {
  const interval = shareInterval(some / all, all);
  expect(interval[0]).toBeCloseTo(low, 4);
  expect(interval[1]).toBeCloseTo(high, 4);
});
