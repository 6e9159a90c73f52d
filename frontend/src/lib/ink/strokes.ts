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
