/** An input → the digits on it. Pure but for the network, which it is handed. */

import { normalize, pixelsFromStrokes } from "@/lib/ink/preprocess";
import { type Group, segment } from "@/lib/ink/segment";
import { CANVAS_SIZE, type Stroke } from "@/lib/ink/strokes";
import { softmax } from "./softmax";
import type { DrawingInput } from "@/lib/ink/drawingInput";
import type { Box, Classifier, Glyph } from "./types";

const WHOLE: Box = { left: 0, top: 0, width: 1, height: 1 };

/** What a group of strokes loses, as a natural logarithm, when the network rejects it as a digit. */
const REJECTED = 2;

/** The digits on the input, from left to right; at least one. */
export function predict(reader: Classifier, input: DrawingInput): Glyph[] {
  switch (input.kind) {
    case "ink":
      return predictInk(reader, input.strokes);
    case "picture":
      return predictImages(
        reader,
        input.digits.map(({ raster, box }) => ({ pixels: normalize(raster), box, strokes: [] })),
      );
    case "pixels":
      return predictImages(reader, [{ pixels: input.pixels, box: WHOLE, strokes: [] }]);
  }
}

function predictInk(reader: Classifier, strokes: readonly Stroke[]): Glyph[] {
  const glyphs = new Map<Group, Glyph>();
  const groups = segment(strokes, (candidates) => {
    const images = candidates.map((group) => {
      const ink = group.map((i) => strokes[i] ?? []);
      return { pixels: pixelsFromStrokes(ink), box: boxOf(ink), strokes: group };
    });
    return predictImages(reader, images).map((glyph, i) => {
      glyphs.set(candidates[i] ?? [], glyph);
      return Math.log(glyph.confidence) - (glyph.rejected ? REJECTED : 0);
    });
  });
  return groups.flatMap((group) => glyphs.get(group) ?? []);
}

function predictImages(
  reader: Classifier,
  images: readonly Pick<Glyph, "pixels" | "box" | "strokes">[],
): Glyph[] {
  const logits = reader.logits(images.map(({ pixels }) => pixels));
  return images.map((image, i) => {
    const probabilities = softmax(logits[i] ?? [], reader.temperature);
    const confidence = Math.max(...probabilities);
    return {
      ...image,
      digit: probabilities.indexOf(confidence),
      confidence,
      probabilities,
      rejected: confidence < reader.rejectionThreshold,
    };
  });
}

function boxOf(strokes: readonly Stroke[]): Box {
  const points = strokes.flat();
  const [xs, ys] = [
    points.map(({ x }) => x / CANVAS_SIZE.width),
    points.map(({ y }) => y / CANVAS_SIZE.height),
  ];
  const [left, top] = [xs.reduce((a, b) => Math.min(a, b)), ys.reduce((a, b) => Math.min(a, b))];
  return {
    left,
    top,
    width: xs.reduce((a, b) => Math.max(a, b)) - left,
    height: ys.reduce((a, b) => Math.max(a, b)) - top,
  };
}
