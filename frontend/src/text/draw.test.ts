import { describe, expect, it } from "vitest";
import type { Sign } from "@/lib/ink/segment";
import type { Glyph, Prediction } from "@/lib/inference/types";
import { draw } from "./draw";

/** A prediction of one line for each number. `?` is a rejected glyph whose closest digit is 8. */
function predictionOf(...lines: string[]): Prediction {
  const toSymbol = (character: string): Glyph | Sign => {
    if (/[−+.,]/.test(character)) return character as Sign;
    const rejected = character === "?";
    return {
      box: { left: 0, top: 0, width: 1, height: 1 },
      strokes: [],
      digit: rejected ? 8 : Number(character),
      confidence: rejected ? 0.1 : 0.95,
      probabilities: [],
      pixels: new Uint8Array(784),
      rejected,
    };
  };
  const numbers = lines.map((line) => [...line].map(toSymbol));
  return { numbers, glyphs: numbers.flat().filter((symbol) => typeof symbol !== "string"), milliseconds: 1 };
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

describe("signs", () => {
  it.each(["−3.14", "+12", "3,5", "−5", "7."])("are written and announced: %s", (number) => {
    expect(draw.prediction.announcement(predictionOf(number))).toBe(number);
    expect(draw.share.caption(predictionOf(number))).toBe(`Recognized as ${number}`);
  });

  it("are not counted as digits", () => {
    expect(draw.prediction.summary(predictionOf("−3.14"))).toBe("three digits");
    expect(draw.prediction.summary(predictionOf("−5"))).toBe("one digit");
  });
});

it("two lines are two numbers", () => {
  const lines = predictionOf("12", "−3.4");
  expect(draw.prediction.announcement(lines)).toBe("12 and −3.4");
  expect(draw.share.caption(lines)).toBe("Recognized as 12 and −3.4");
  expect(draw.prediction.summary(lines)).toBe("two numbers");
  expect(draw.prediction.summary(predictionOf("12", "3?"))).toBe("two numbers, one unknown");
});
