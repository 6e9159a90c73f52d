/** A subject → the digits on it. Pure but for the network, which it is handed. */

import { normalize, pixelsFromStrokes } from "@/lib/ink/preprocess";
import { PAPER, type Stroke, type Subject } from "@/lib/ink/types";
import type { Box, Glyph } from "./protocol";
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

/** The digits on the subject, from left to right; at least one. */
export function read(reader: Reader, subject: Subject): Glyph[] {
  switch (subject.kind) {
    case "ink": {
      const strokes = subject.strokes.map((_, i) => i);
      return [glyph(reader, pixelsFromStrokes(subject.strokes), boxOf(subject.strokes), strokes)];
    }
    case "picture":
      return subject.digits.map(({ raster, box }) => glyph(reader, normalize(raster), box, []));
    case "pixels":
      return [glyph(reader, subject.pixels, WHOLE, [])];
  }
}

function glyph(reader: Reader, pixels: Uint8Array<ArrayBuffer>, box: Box, strokes: readonly number[]): Glyph {
  const probabilities = softmax(reader.logits([pixels])[0] ?? [], reader.temperature);
  const confidence = Math.max(...probabilities);
  return {
    box,
    strokes,
    digit: probabilities.indexOf(confidence),
    confidence,
    probabilities,
    pixels,
    rejected: confidence < reader.rejectionThreshold,
  };
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
