import { expect, it } from "vitest";
import { why } from "./why";
import type { Explanation } from "@/lib/inference/types";

/** A seven that stays one, as sure as `after`, whatever is covered. */
function steady(after: number): Explanation {
  const probabilities = Array.from({ length: 10 }, (_, digit) => (digit === 7 ? after : (1 - after) / 9));
  const weakest = { probabilities, region: { row: "upper", column: "left" } };
  return { digit: 7, probabilities, weakest } as unknown as Explanation;
}

it.each([
  [0.93, "at least 93.0% sure."],
  [0.9999, "more than 99.9% sure."],
])("of a digit that no single part decides, it is said how sure it stays: %d", (after, words) => {
  expect(why.support.text(steady(after))).toMatch(new RegExp(`, ${words}$`));
});
