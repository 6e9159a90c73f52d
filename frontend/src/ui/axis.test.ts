import { describe, expect, it } from "vitest";
import { axisPosition, axisStart, linearTicks, logTicks } from "./axis";

describe("axisPosition", () => {
  it("is 0.5 in the middle and 1 at the high end", () => {
    expect(axisPosition({ low: 0.9, high: 1 }, 0.95)).toBeCloseTo(0.5);
    expect(axisPosition({ low: 10, high: 20 }, 20)).toBe(1);
  });

  it("is proportional to the logarithm on a logarithmic axis", () => {
    const axis = { low: 0.01, high: 1, log: true };
    expect(axisPosition(axis, 0.1)).toBeCloseTo(0.5);
  });
});

it.each([
  [0, 1, 6, [0, 0.2, 0.4, 0.6, 0.8, 1]],
  [1, 16, 8, [5, 10, 15]],
  [0, 0.0863, 7, [0, 0.02, 0.04, 0.06, 0.08]],
  [1, 2, 8, [1, 1.2, 1.4, 1.6, 1.8, 2]],
])("linear ticks from %d to %d, at most %d, are round", (low, high, maxTicks, ticks) => {
  expect(linearTicks(low, high, maxTicks)).toEqual(ticks);
});

it.each([
  [0.02, 0.3, [0.02, 0.05, 0.1, 0.2]],
  [0.005, 0.5, [0.01, 0.03, 0.1, 0.3]],
  [0.0001, 10, [0.0001, 0.001, 0.01, 0.1, 1, 10]],
])("logarithmic ticks from %d to %d are round and at most six", (low, high, ticks) => {
  expect(logTicks(low, high)).toEqual(ticks);
});

it.each([
  [[0.9918, 0.998], 0.99],
  [[0.9719, 1], 0.97],
  [[0.63, 0.978], 0.6],
  [[0.04], 0],
  [[1, 1], 0.995],
])("the axis of %j starts at %d, slightly below the smallest share", (shares, low) => {
  expect(axisStart(shares)).toBe(low);
});
