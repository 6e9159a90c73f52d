/** Classifies the digits of an input. Pure except for the model that is passed in. */

import { pixelsFromStrokes } from "@/lib/ink/preprocess";
import { chooseGroups, interpolate, type Layout, layOut, type Sign } from "@/lib/ink/segment";
import { CANVAS_SIZE, type Stroke } from "@/lib/ink/strokes";
import { softmax } from "./softmax";
import type { Box, DrawingInput } from "@/lib/ink/drawingInput";
import type { Classifier, Glyph, Prediction } from "./types";

const WHOLE_CANVAS: Box = { left: 0, top: 0, width: 1, height: 1 };

/** Penalty on the log-probability of a group of strokes that the model rejects. */
const REJECTION_PENALTY = 2;

/**
 * Adjacent digits rarely look like one digit with very high confidence, but the parts of a digit often look like digits. So
 * each joined part of a group adds the log-odds above the minimum, up to the maximum, to its log-probability. Chosen on the
 * numbers of `npm run replay`.
 */
const MIN_JOIN_LOG_ODDS = 4;
const MAX_JOIN_BONUS = 2;

/** Read the numbers of an input. */
export function predict(model: Classifier, input: DrawingInput): Pick<Prediction, "numbers" | "glyphs"> {
  const numbers = predictNumbers(model, input);
  return { numbers, glyphs: numbers.flat().filter((symbol) => typeof symbol !== "string") };
}

function predictNumbers(model: Classifier, input: DrawingInput): Prediction["numbers"] {
  switch (input.kind) {
    case "ink": {
      const layout = layOut(input.strokes.map(interpolate));
      const images = layout.candidates.map(({ group }) => {
        const strokes = group.map((i) => input.strokes[i] ?? []);
        return { pixels: pixelsFromStrokes(strokes), box: boxOf(strokes), strokes: group };
      });
      return segment(layout, classify(model, images));
    }
    case "picture": {
      const images = input.candidates.map((candidate) => ({ ...candidate, strokes: [] }));
      return segment(input.layout, classify(model, images));
    }
    case "pixels":
      return [classify(model, [{ pixels: input.pixels, box: WHOLE_CANVAS, strokes: [] }])];
  }
}

/** Choose the segmentation by the probabilities of the candidates. `glyphs` are in the order of the candidates. */
function segment(layout: Layout, glyphs: readonly Glyph[]): Prediction["numbers"] {
  const classified = glyphs.map((glyph, i) =>
    layout.candidates[i]?.isSign === true ? { ...glyph, rejected: true } : glyph,
  );
  const scores = classified.map((glyph, i) => {
    const logOdds = Math.log(glyph.confidence / (1 - glyph.confidence));
    const bonus = Math.min(MAX_JOIN_BONUS, Math.max(0, logOdds - MIN_JOIN_LOG_ODDS));
    const joins = (layout.candidates[i]?.parts ?? 1) - 1;
    return Math.log(glyph.confidence) + (glyph.rejected ? -REJECTION_PENALTY : joins * bonus);
  });
  return chooseGroups(layout, scores).map((line) =>
    line.flatMap((symbol): Glyph | Sign | [] =>
      typeof symbol === "string" ? symbol : (classified[symbol] ?? []),
    ),
  );
}

function classify(model: Classifier, images: readonly Pick<Glyph, "pixels" | "box" | "strokes">[]): Glyph[] {
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
