/** Classifies the digits of an input. Pure except for the model that is passed in. */

import { normalize, pixelsFromStrokes } from "@/lib/ink/preprocess";
import { type Group, segment } from "@/lib/ink/segment";
import { CANVAS_SIZE, type Stroke } from "@/lib/ink/strokes";
import { softmax } from "./softmax";
import type { Box, DrawingInput } from "@/lib/ink/drawingInput";
import type { Classifier, Glyph } from "./types";

const WHOLE_CANVAS: Box = { left: 0, top: 0, width: 1, height: 1 };

/** Penalty on the log-probability of a group of strokes that the model rejects. */
const REJECTION_PENALTY = 2;

/** The digits of the input from left to right, at least one. */
export function predict(model: Classifier, input: DrawingInput): Glyph[] {
  switch (input.kind) {
    case "ink":
      return predictInk(model, input.strokes);
    case "picture":
      return predictImages(
        model,
        input.digits.map(({ raster, box }) => ({ pixels: normalize(raster), box, strokes: [] })),
      );
    case "pixels":
      return predictImages(model, [{ pixels: input.pixels, box: WHOLE_CANVAS, strokes: [] }]);
  }
}

/** Segment the strokes into digits by the model's probabilities, and classify each digit. */
function predictInk(model: Classifier, strokes: readonly Stroke[]): Glyph[] {
  const glyphs = new Map<Group, Glyph>();
  const groups = segment(strokes, (candidates) => {
    const images = candidates.map((group) => {
      const ink = group.map((i) => strokes[i] ?? []);
      return { pixels: pixelsFromStrokes(ink), box: boxOf(ink), strokes: group };
    });
    return predictImages(model, images).map((glyph, i) => {
      glyphs.set(candidates[i] ?? [], glyph);
      return Math.log(glyph.confidence) - (glyph.rejected ? REJECTION_PENALTY : 0);
    });
  });
  return groups.flatMap((group) => glyphs.get(group) ?? []);
}

function predictImages(
  model: Classifier,
  images: readonly Pick<Glyph, "pixels" | "box" | "strokes">[],
): Glyph[] {
  const logits = model.logits(images.map(({ pixels }) => pixels));
  return images.map((image, i) => {
    const probabilities = softmax(logits[i] ?? [], model.temperature);
    const confidence = Math.max(...probabilities);
    return {
      ...image,
      digit: probabilities.indexOf(confidence),
      confidence,
      probabilities,
      rejected: confidence < model.rejectionThreshold,
    };
  });
}

/** The bounding box of the strokes' points. */
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
