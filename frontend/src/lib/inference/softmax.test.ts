import { expect, it } from "vitest";
import { softmax } from "./softmax";

it("returns probabilities in the order of the logits", () => {
  const probabilities = softmax([0, Math.log(2), Math.log(5)], 1);
  [0.125, 0.25, 0.625].forEach((expected, i) => expect(probabilities[i]).toBeCloseTo(expected, 12));
});

it("a higher temperature lowers the confidence and keeps the order", () => {
  const [low, high] = softmax([1, 3], 2);
  expect(high).toBeCloseTo(1 / (1 + Math.exp(-1)), 12);
  expect(low).toBeLessThan(high ?? NaN);
});

it("returns finite values for logits whose exponential overflows", () => {
  expect(softmax([5000, 0], 1)).toEqual([1, 0]);
});

it("returns finite values for the smallest temperature", () => {
  expect(softmax([2, 3, -1], 5e-324)).toEqual([0, 1, 0]);
});
