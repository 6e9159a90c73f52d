import { expect, it } from "vitest";
import { meanOf, percentile } from "./statistics";

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
