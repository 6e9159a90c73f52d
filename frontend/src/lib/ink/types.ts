/** A point of ink: x right, y down. On the page both are 0…1 of the drawing surface's side. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What one press of the pen leaves, in the order drawn. */
export type Stroke = readonly Point[];
