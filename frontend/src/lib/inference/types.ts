/** The types that the page and its workers share. */

import type { DrawingInput } from "@/lib/ink/drawingInput";
import type { Problem } from "./errors";
import type { Manifest } from "./release/manifest";

/** What TensorFlow.js can run on here. */
export type Backend = "wasm" | "cpu";

/** How quick a backend is on this device, in milliseconds. */
export interface Timing {
  readonly backend: Backend;
  /** From the release's bytes to the first prediction. */
  readonly first: number;
  readonly median: number;
  readonly p95: number;
}

/** A model as far as predictions need it. */
export interface Classifier {
  /** Confidence = softmax(logits / temperature). */
  readonly temperature: number;
  /** What is less sure is no digit, 0…1. */
  readonly rejectionThreshold: number;
  /** Images of 784 pixels of 0…255 → ten logits each. */
  logits(images: readonly Uint8Array[]): Float32Array[];
}

/** A model that also shows its feature maps. */
export interface ExplainableClassifier extends Classifier {
  /** 784 pixels of 0…255 → the maps at the end of each block. */
  blocks(pixels: Uint8Array): FeatureMaps[];
}

/** A release that runs. */
export interface Model extends ExplainableClassifier {
  readonly backend: Backend;
  /** Give its memory back; it cannot be asked any more. */
  dispose(): void;
}

export interface Prediction {
  /** From left to right, at least one: the number that was read. */
  readonly glyphs: readonly Glyph[];
  /** From the input to the last probability, in milliseconds. */
  readonly milliseconds: number;
}

/** One digit of the number. */
export interface Glyph {
  /** Of its ink, as shares of the paper. The whole paper for what was not drawn. */
  readonly box: Box;
  /** Which of the input's strokes it is made of, by index, ascending. None for what was not drawn. */
  readonly strokes: readonly number[];
  /** 0…9: the likeliest, even when it is rejected. */
  readonly digit: number;
  /** Calibrated probability of `digit`, 0…1. */
  readonly confidence: number;
  /** Calibrated probabilities of 0…9. */
  readonly probabilities: readonly number[];
  /** What the network saw: 784 pixels of 0…255, row by row, ink bright. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** Less sure than the release's rejection threshold: most likely no digit at all. */
  readonly rejected: boolean;
}

/** Shares of the paper's width and height, 0…1, from its upper left corner. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}
/** The prediction for everything that is on the paper. */
export interface SettledPrediction {
  readonly input: DrawingInput;
  readonly prediction: Prediction;
  /** The digit of the number that is shown closely. */
  readonly glyph: Glyph;
}

/** What one block of the network finds in the image. */
export interface FeatureMaps {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Row by row, a row pixel by pixel, a pixel channel by channel. */
  readonly values: Float32Array;
}

/** Where on the digit, seen from the box of its ink. */
export interface InkRegion {
  readonly row: "upper" | "middle" | "lower";
  readonly column: "left" | "middle" | "right";
}

/** The answer when one part is covered. */
export interface Occlusion {
  readonly region: InkRegion;
  /** Calibrated probabilities of 0…9 without that part. */
  readonly probabilities: readonly number[];
}

export interface Explanation {
  /** The likeliest digit and the next. */
  readonly digit: number;
  readonly runnerUp: number;
  /** Calibrated probabilities of 0…9, nothing covered. */
  readonly probabilities: readonly number[];
  /**
   * For each of the 784 pixels, the mean fall of the digit's probability, −1…1, when it is covered: above 0 where the
   * ink speaks for the digit, below where it speaks against.
   */
  readonly support: Float32Array;
  /** Likewise the fall of the log-odds of the digit against the runner-up. */
  readonly contrast: Float32Array;
  /** The part without which the digit is least likely. */
  readonly weakest: Occlusion;
  readonly blocks: readonly FeatureMaps[];
}

/** Where a release came from; `cache`: from Storage, on an earlier visit. */
export type Origin = "bundled" | "storage" | "cache";

/** The release that is running, as a page sees it. */
export interface ReleaseInfo extends Pick<
  Manifest,
  "accuracy" | "testImages" | "trainImages" | "validationImages" | "split" | "usesFallbackData"
> {
  readonly id: string;
  readonly origin: Origin;
  /** Why Storage's release does not run although there should be one; else null. */
  readonly fallbackReason: Problem | null;
  readonly backend: Backend;
}
