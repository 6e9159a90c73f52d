import type { ReactElement } from "react";
import { expect, it } from "vitest";
import type { Glyph } from "@/lib/inference/types";
import { DigitBoxes } from "./DigitBoxes";

it("boxes have different keys, even if two digits of a picture have the same left edge", () => {
  const glyphAt = (top: number): Glyph => ({
    box: { left: 0.2, top, width: 0.1, height: 0.3 },
    strokes: [],
    digit: 1,
    confidence: 1,
    probabilities: [],
    pixels: new Uint8Array(784),
    rejected: false,
  });
  const { props } = DigitBoxes({ glyphs: [glyphAt(0.1), glyphAt(0.6)], shown: null }) as ReactElement<{
    children: readonly ReactElement[];
  }>;
  expect(new Set(props.children.map(({ key }) => key)).size).toBe(2);
});
