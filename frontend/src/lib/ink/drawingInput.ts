import type { Raster } from "./preprocess";
import type { Stroke } from "./strokes";

/** The content of the paper, as input to the model. */
export type DrawingInput =
  /** Strokes of one or several digits; none on a blank sheet. */
  | { readonly kind: "ink"; readonly strokes: readonly Stroke[] }
  /** The ink of a picture of one or several digits: `raster` is displayed, `digits` are classified. */
  | { readonly kind: "picture"; readonly raster: Raster; readonly digits: readonly PicturedDigit[] }
  /** An image in the model's format, classified without preprocessing: 784 pixels of 0…255, row by row, ink bright. */
  | { readonly kind: "pixels"; readonly pixels: Uint8Array<ArrayBuffer> };

/** One digit of a picture. It is boxed and centred like ink before it is classified. */
export interface PicturedDigit {
  /** Position as shares of the paper's width and height, 0…1. */
  readonly box: Readonly<Record<"left" | "top" | "width" | "height", number>>;
  readonly raster: Raster;
}

/** Whether the input has no ink. */
export function isBlank(input: DrawingInput): boolean {
  return input.kind === "ink" && input.strokes.length === 0;
}
