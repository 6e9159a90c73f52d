import { describe, expect, it } from "vitest";
import type { Glyph } from "@/lib/inference/types";
import { draw } from "./draw";

/** A glyph for each character; `?` is rejected, and its closest digit is 8. */
function predictionOf(number: string) {
  const glyphs = [...number].map((character, i): Glyph => {
    const rejected = character === "?";
    return {
      box: { left: 0, top: 0, width: 1, height: 1 },
      strokes: [i],
      digit: rejected ? 8 : Number(character),
      confidence: rejected ? 0.1 : 0.95,
      probabilities: [],
      pixels: new Uint8Array(784),
      rejected,
    };
  });
  return { glyphs, milliseconds: 1 };
}

describe("a rejected glyph in a number", () => {
  const { prediction, share } = draw;
  const partlyRejected = predictionOf("7?5");

  it("is written as ?, not as the closest digit", () => {
    expect(prediction.announcement(partlyRejected)).toBe("7?5");
    expect(share.caption(partlyRejected)).toBe("Recognized as 7?5");
    expect(partlyRejected.glyphs.map(prediction.symbol)).toEqual(["7", "?", "5"]);
    expect(prediction.digit(partlyRejected.glyphs[1]!)).toMatch(/^\?, closest digit: eight, /);
  });

  it("counts neither as a digit nor for the confidence", () => {
    expect(prediction.summary(partlyRejected)).toBe("two digits, one unknown");
    expect(prediction.confidence(partlyRejected)).toBe("at least 95.0% confidence for each digit");
    expect(prediction.summary(predictionOf("?5"))).toBe("one digit, one unknown");
  });

  it("is counted only if there is one, and a number of rejected glyphs has no digits", () => {
    expect(prediction.summary(predictionOf("??"))).toBe("Probably not digits");
    expect(prediction.confidence(predictionOf("??"))).toBe("no digit recognized");
    expect(prediction.summary(predictionOf("123"))).toBe("three digits");
  });
});
