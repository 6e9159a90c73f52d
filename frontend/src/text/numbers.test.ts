import { expect, it } from "vitest";
import { an, count, digitWord, enumerate, exactPercent, kilobytes, ordinal, percent } from "./numbers";

it.each([
  [0, "0%"],
  [0.0004, "<0.1%"],
  [0.001, "0.1%"],
  [0.4267, "42.7%"],
  [0.999, "99.9%"],
  [0.99999, ">99.9%"],
  [1, "100%"],
])("writes %d as %s", (share, text) => {
  expect(percent(share)).toBe(text);
});

it("writes exact percentages with two decimals", () => {
  expect([0, 0.99564, 1].map(exactPercent)).toEqual(["0.00%", "99.56%", "100.00%"]);
});

it("writes digits as words", () => {
  expect([0, 7, 9].map(digitWord)).toEqual(["zero", "seven", "nine"]);
});

it("writes the article of a digit", () => {
  expect([0, 7, 8, 9].map(an)).toEqual(["a 0", "a 7", "an 8", "a 9"]);
});

it("writes ordinals", () => {
  const ordinals = [0, 2, 8, 9, 10, 11, 20, 21, 22, 110].map(ordinal);
  expect(ordinals.join(" ")).toBe("first third ninth 10th 11th 12th 21st 22nd 23rd 111th");
});

it("writes bytes in kilobytes", () => {
  expect([499, 508_008, 1_048_576].map(kilobytes)).toEqual(["0", "508", "1,049"]);
});

it("separates thousands by commas", () => {
  expect([0, 999, 1000, 55_062, 18_500_000].map(count)).toEqual([
    "0",
    "999",
    "1,000",
    "55,062",
    "18,500,000",
  ]);
});

it("lists items", () => {
  expect([[], ["a"], ["a", "b"], ["a", "b", "c"]].map(enumerate)).toEqual(["", "a", "a and b", "a, b and c"]);
});
