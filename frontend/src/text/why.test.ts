import { expect, it } from "vitest";
import { why } from "./why";
import type { Explanation } from "@/lib/inference/types";

/** The explanation of a seven whose confidence is at least `after` with any part hidden. */
function explanationWithConfidence(after: number): Explanation {
  const probabilities = Array.from({ length: 10 }, (_, digit) => (digit === 7 ? after : (1 - after) / 9));
  const weakest = { probabilities, region: { row: "upper", column: "left" } };
  return { digit: 7, probabilities, weakest } as unknown as Explanation;
}

it.each([
  [0.93, "at least 93.0%."],
  [0.9999, "more than 99.9%."],
])("states the lowest confidence if no single part is decisive: %d", (after, words) => {
  expect(why.support.text(explanationWithConfidence(after))).toMatch(new RegExp(`stays ${words}$`));
});
