/** A subject → the digits on it. Pure but for the network, which it is handed. */

import { normalize, pixelsFromStrokes } from "@/lib/ink/preprocess";
import { type Group, segment } from "@/lib/ink/segment";
import { PAPER, type Stroke, type Subject } from "@/lib/ink/strokes";
import type { Box, Glyph } from "./messages";
import { softmax } from "./softmax";

/** As much of a network as reading needs. */
export interface Reader {
  /** Confidence = softmax(logits / temperature). */
  readonly temperature: number;
  /** What is less sure is no digit, 0…1. */
  readonly rejectionThreshold: number;
  /** Images of 784 pixels of 0…255 → ten logits each. */
  logits(images: readonly Uint8Array[]): Float32Array[];
}

const WHOLE: Box = { left: 0, top: 0, width: 1, height: 1 };

/** What a group of strokes loses, as a natural logarithm, when the network rejects it as a digit. */
const REJECTED = 2;

/** The digits on the subject, from left to right; at least one. */
export function read(reader: Reader, subject: Subject): Glyph[] {
  switch (subject.kind) {
    case "ink":
      return readInk(reader, subject.strokes);
    case "picture":
      return readImages(
        reader,
        subject.digits.map(({ raster, box }) => ({ pixels: normalize(raster), box, strokes: [] })),
      );
    case "pixels":
      return readImages(reader, [{ pixels: subject.pixels, box: WHOLE, strokes: [] }]);
  }
}

function readInk(reader: Reader, strokes: readonly Stroke[]): Glyph[] {
  const glyphs = new Map<Group, Glyph>();
  const groups = segment(strokes, (candidates) => {
    const images = candidates.map((group) => {
      const ink = group.map((i) => strokes[i] ?? []);
      return { pixels: pixelsFromStrokes(ink), box: boxOf(ink), strokes: group };
    });
    return readImages(reader, images).map((glyph, i) => {
      glyphs.set(candidates[i] ?? [], glyph);
      return Math.log(glyph.confidence) - (glyph.rejected ? REJECTED : 0);
    });
  });
  return groups.flatMap((group) => glyphs.get(group) ?? []);
}

function readImages(reader: Reader, images: readonly Pick<Glyph, "pixels" | "box" | "strokes">[]): Glyph[] {
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
  const [xs, ys] = [points.map(({ x }) => x / PAPER.width), points.map(({ y }) => y / PAPER.height)];
  const [left, top] = [xs.reduce((a, b) => Math.min(a, b)), ys.reduce((a, b) => Math.min(a, b))];
  return {
    left,
    top,
    width: xs.reduce((a, b) => Math.max(a, b)) - left,
    height: ys.reduce((a, b) => Math.max(a, b)) - top,
  };
}
