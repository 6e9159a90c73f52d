import type { Raster } from "./preprocess";
import type { Layout } from "./segment";
import type { Stroke } from "./strokes";

/** The content of the canvas, as input to the model. */
export type DrawingInput =
  /** Strokes of one or more digits. Empty for a blank canvas. */
  | { readonly kind: "ink"; readonly strokes: readonly Stroke[] }
  /** Ink extracted from an image of one or more digits. `raster` is displayed; the candidates of `layout` are classified. */
  | {
      readonly kind: "picture";
      readonly raster: Raster;
      readonly layout: Layout;
      readonly candidates: readonly DetectedDigit[];
    }
  /** An image that is classified without preprocessing: 28×28 pixels of 0…255, row by row; 255 is full ink. */
  | { readonly kind: "pixels"; readonly pixels: Uint8Array<ArrayBuffer> };

/** A box in shares of the canvas' width and height, 0…1, from its upper left corner. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A possible digit of an image. */
export interface DetectedDigit {
  /** Bounding box of its ink. */
  readonly box: Box;
  /** The model's input: 784 pixels of 0…255, row by row; 255 is full ink. */
  readonly pixels: Uint8Array<ArrayBuffer>;
}

export function isBlank(input: DrawingInput): boolean {
  return input.kind === "ink" && input.strokes.length === 0;
}
