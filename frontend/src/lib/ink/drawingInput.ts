import type { Raster } from "./preprocess";
import type { Stroke } from "./strokes";

/** The content of the canvas, as input to the model. */
export type DrawingInput =
  /** Strokes of one or more digits. Empty for a blank canvas. */
  | { readonly kind: "ink"; readonly strokes: readonly Stroke[] }
  /** Ink extracted from an image of one or more digits. `raster` is displayed; `digits` are classified. */
  | { readonly kind: "picture"; readonly raster: Raster; readonly digits: readonly DetectedDigit[] }
  /** An image that is classified without preprocessing: 28×28 pixels of 0…255, row by row; 255 is full ink. */
  | { readonly kind: "pixels"; readonly pixels: Uint8Array<ArrayBuffer> };

/** A box in shares of the canvas' width and height, 0…1, from its upper left corner. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A digit found in an image. It is cropped, resampled and centred before it is classified. */
export interface DetectedDigit {
  /** Bounding box of its ink. */
  readonly box: Box;
  readonly raster: Raster;
}

export function isBlank(input: DrawingInput): boolean {
  return input.kind === "ink" && input.strokes.length === 0;
}
