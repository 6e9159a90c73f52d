import type { Raster } from "./preprocess";

/** The paper's size in the unit of what is drawn on it: its height. The same on every screen, so that ink stays where it was drawn. */
export const PAPER = { width: 1.5, height: 1 } as const;

/** A point of ink: x right, y down. On the page 0…`PAPER.width` and 0…`PAPER.height`. */
export interface Point {
  readonly x: number;
  readonly y: number;
  /** 0…1, where the pen felt it. For the eye alone: the network sees a constant pen. */
  readonly pressure?: number;
}

/** What one press of the pen leaves, in the order drawn. */
export type Stroke = readonly Point[];

/** What lies on the paper and is read. */
export type Subject =
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
export function isBlank(subject: Subject): boolean {
  return subject.kind === "ink" && subject.strokes.length === 0;
}
