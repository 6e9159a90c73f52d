import type { Raster } from "./preprocess";
import type { Stroke } from "./strokes";

/** What lies on the paper, as input to the model. */
export type DrawingInput =
  /** Drawn here: one digit or several. No strokes: a blank sheet. */
  | { readonly kind: "ink"; readonly strokes: readonly Stroke[] }
  /** A picture of one digit or several, their ink told from its paper: all of it to look at, and each to be read. */
  | { readonly kind: "picture"; readonly raster: Raster; readonly digits: readonly PicturedDigit[] }
  /** An image as the network wants it, read as it is: 784 pixels of 0…255, row by row, ink bright. */
  | { readonly kind: "pixels"; readonly pixels: Uint8Array<ArrayBuffer> };

/** One of a picture's digits, from left to right; boxed and centred like ink before it is read. */
export interface PicturedDigit {
  /** Where it lies, in shares of the paper's width and height. */
  readonly box: Readonly<Record<"left" | "top" | "width" | "height", number>>;
  readonly raster: Raster;
}

/** Whether there is nothing to read. */
export function isBlank(input: DrawingInput): boolean {
  return input.kind === "ink" && input.strokes.length === 0;
}
