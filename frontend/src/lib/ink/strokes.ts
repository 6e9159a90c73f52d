/** Size of the paper in units of its height. It is the same on every screen, so that ink keeps its place. */
export const PAPER = { width: 1.5, height: 1 } as const;

/** A point of ink: x to the right, 0…`PAPER.width`; y down, 0…`PAPER.height`. */
export interface Point {
  readonly x: number;
  readonly y: number;
  /** 0…1, if the device measures it. Used for display only: preprocessing draws with a constant pen. */
  readonly pressure?: number;
}

/** The points of one stroke, in the order drawn. */
export type Stroke = readonly Point[];
