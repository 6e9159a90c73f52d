/** Types that the page and its workers share. */

import type { Box, DrawingInput } from "@/lib/ink/drawingInput";
import type { Sign } from "@/lib/ink/segment";
import type { Problem } from "./errors";
import type { Manifest } from "./release/manifest";
import type { ReleaseSignature } from "./release/signature";

/** A backend of TensorFlow.js: WebAssembly or plain JavaScript. */
export type Backend = "wasm" | "cpu";

/** Speed of a backend on this device, in milliseconds. */
export interface Timing {
  readonly backend: Backend;
  /** Time to load the model and classify the first image. */
  readonly first: number;
  /** Median time and 95th percentile for one image. */
  readonly median: number;
  readonly p95: number;
}

/** The part of a model that predictions need. */
export interface Classifier {
  /** Confidence = softmax(logits / temperature). */
  readonly temperature: number;
  /** A prediction with less confidence is rejected as not a digit, 0…1. */
  readonly rejectionThreshold: number;
  /** Ten logits for each image of 784 pixels of 0…255. */
  logits(images: readonly Uint8Array[]): Float32Array[];
}

/** A model that also returns feature maps. */
export interface ExplainableClassifier extends Classifier {
  /** The outputs of each block for 784 pixels of 0…255. */
  blocks(pixels: Uint8Array): FeatureMaps[];
}

/** A release that is loaded onto a backend. */
export interface Model extends ExplainableClassifier {
  readonly backend: Backend;
  /** Free the model's memory. It cannot be used afterwards. */
  dispose(): void;
}

export interface Prediction {
  /** One number for each line, from top to bottom: digits and signs from left to right, at least one digit. */
  readonly numbers: readonly (readonly (Glyph | Sign)[])[];
  /** The digits of the numbers, at least one. */
  readonly glyphs: readonly Glyph[];
  /** Duration of preprocessing and inference. */
  readonly milliseconds: number;
}

/** One digit of the number. */
export interface Glyph {
  /** The bounding box of the ink. The whole canvas for a 28×28 image. */
  readonly box: Box;
  /** Indices of the digit's strokes in the input, ascending. Empty if the input was not drawn. */
  readonly strokes: readonly number[];
  /** The most likely digit, 0…9, even if it is rejected. */
  readonly digit: number;
  /** Calibrated probability of `digit`, 0…1. */
  readonly confidence: number;
  /** Calibrated probabilities of 0…9. */
  readonly probabilities: readonly number[];
  /** The model's input: 784 pixels of 0…255, row by row; 255 is full ink. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** Whether it is probably not a digit: by its shape, or as the confidence is below the release's rejection threshold. */
  readonly rejected: boolean;
}

/** The prediction for the current input. */
export interface SettledPrediction {
  readonly input: DrawingInput;
  readonly prediction: Prediction;
  /** The selected digit of the number. */
  readonly glyph: Glyph;
}

/** The feature maps of one block of the model. */
export interface FeatureMaps {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** In the order of (height, width, channels). */
  readonly values: Float32Array;
}

/** A part of the digit, by thirds of its bounding box. */
export interface InkRegion {
  readonly row: "upper" | "middle" | "lower";
  readonly column: "left" | "middle" | "right";
}

/** The prediction while one part of the digit is covered. */
export interface Occlusion {
  readonly region: InkRegion;
  /** Calibrated probabilities of 0…9. */
  readonly probabilities: readonly number[];
}

export interface Explanation {
  /** The most likely digit and the second most likely. */
  readonly digit: number;
  readonly runnerUp: number;
  /** Calibrated probabilities of 0…9 for the whole image. */
  readonly probabilities: readonly number[];
  /**
   * For each of the 784 pixels, the mean decrease of the digit's probability when the pixel is covered, −1…1. Positive
   * where the ink supports the digit, negative where it contradicts it.
   */
  readonly support: Float32Array;
  /** For each of the 784 pixels, the mean decrease of the log-odds of the digit against the runner-up. */
  readonly contrast: Float32Array;
  /** The covered part that lowers the digit's probability most. */
  readonly weakest: Occlusion;
  readonly blocks: readonly FeatureMaps[];
}

/** Bytes of the release's files received so far, and in total. */
export interface Progress {
  readonly received: number;
  readonly total: number;
}

/** Where a release was loaded from. `cache` is a release that was downloaded from Storage on an earlier visit. */
export type Origin = "bundled" | "storage" | "cache";

/** The running release, as the worker describes it to the page. */
export interface ReleaseInfo extends Pick<
  Manifest,
  "accuracy" | "testImages" | "trainImages" | "validationImages" | "split" | "usesFallbackData"
> {
  readonly id: string;
  readonly origin: Origin;
  /** Why the bundled release runs instead of Storage's; null if it does not, or if there is no Storage. */
  readonly fallbackReason: Problem | null;
  /** Storage's base URL; null if the release is bundled. */
  readonly storage: string | null;
  /** Null if the site pins no key, or if the release is bundled. */
  readonly signature: ReleaseSignature | null;
  /** Whether the signature has expired by this device's clock. The release may be out of date. */
  readonly expired: boolean;
  readonly backend: Backend;
}
