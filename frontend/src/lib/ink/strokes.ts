/** Size of the drawing canvas, in units of its height. It is the same on all screens. */
export const CANVAS_SIZE = { width: 1.5, height: 1 } as const;

/** A point of ink: x to the right, 0…`CANVAS_SIZE.width`; y down, 0…`CANVAS_SIZE.height`. */
export interface Point {
  readonly x: number;
  readonly y: number;
  /** 0…1, if the device measures it. Used for display only; preprocessing uses a constant pen width. */
  readonly pressure?: number;
}

/** The points of one stroke, in the order drawn. */
export type Stroke = readonly Point[];
