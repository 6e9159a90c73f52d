import type { Stroke } from "@/lib/ink/strokes";

/**
 * A digit that a network must recognize before it is used. Strokes instead of an image also test that the network fits the
 * preprocessing of this page.
 */
export const TEST_DIGIT: { readonly digit: number; readonly strokes: readonly Stroke[] } = {
  digit: 7,
  strokes: [
    [
      { x: 0.5, y: 0.12 },
      { x: 1, y: 0.12 },
      { x: 0.7, y: 0.92 },
    ],
  ],
};
