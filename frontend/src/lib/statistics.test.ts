import { expect, it } from "vitest";
import { meanAndDeviation, quantile, wilsonInterval } from "./statistics";

it("meanAndDeviation returns the sample standard deviation", () => {
  const { n, mean, deviation } = meanAndDeviation([2, 4, 4, 4, 5, 5, 7, 9])!;
  expect([n, mean]).toEqual([8, 5]);
  expect(deviation).toBeCloseTo(Math.sqrt(32 / 7), 12);
});

it.each([[[]], [[0.9]]])("meanAndDeviation returns null for %j", (values) => {
  expect(meanAndDeviation(values)).toBeNull();
});

it("quantile returns one of the values, in any order", () => {
  const values = Array.from({ length: 200 }, (_, i) => 200 - i);
  expect(quantile(values, 0.5)).toBe(100);
  expect(quantile(values, 0.95)).toBe(190);
  expect(quantile(values, 1)).toBe(200);
  expect(quantile([7], 0.5)).toBe(7);
});

it.each([
  // Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I.
  [81, 263, 0.2553, 0.3662],
  [15, 148, 0.0624, 0.1605],
  [0, 20, 0, 0.1611],
  [1, 29, 0.0061, 0.1718],
])("wilsonInterval of %d of %d is %d to %d", (count, total, low, high) => {
  const interval = wilsonInterval(count / total, total);
  expect(interval[0]).toBeCloseTo(low, 4);
  expect(interval[1]).toBeCloseTo(high, 4);
});
