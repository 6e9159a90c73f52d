import type { Point, Stroke } from "./types";

/** What is on the paper, and the way back and forth. */
export interface Drawing {
  /** The last one is still growing while `penDown`. A new array whenever the ink changes. */
  readonly strokes: readonly Stroke[];
  readonly penDown: boolean;
  /** Earlier states of `strokes`, oldest first. */
  readonly past: readonly (readonly Stroke[])[];
  /** States undone, the next to redo last. */
  readonly future: readonly (readonly Stroke[])[];
}

export type DrawingAction =
  | { readonly type: "begin"; readonly point: Point }
  | { readonly type: "extend"; readonly points: readonly Point[] }
  | { readonly type: "end" }
  | { readonly type: "cancel" }
  | { readonly type: "undo" }
  | { readonly type: "redo" }
  | { readonly type: "clear" };

export const BLANK: Drawing = { strokes: [], penDown: false, past: [], future: [] };

/** The drawing after `action`; the same object when nothing changes. */
export function reduceDrawing(drawing: Drawing, action: DrawingAction): Drawing {
  const { strokes, penDown, past, future } = drawing;
  const settled = penDown ? strokes.slice(0, -1) : strokes;

  switch (action.type) {
    case "begin":
      return penDown ? drawing : { ...drawing, strokes: [...strokes, [action.point]], penDown: true };

    case "extend": {
      const stroke = strokes.at(-1);
      if (!penDown || stroke === undefined) return drawing;
      const points = action.points.filter((point, i) => {
        const before = i > 0 ? action.points[i - 1] : stroke.at(-1);
        return point.x !== before?.x || point.y !== before.y;
      });
      return points.length === 0 ? drawing : { ...drawing, strokes: [...settled, [...stroke, ...points]] };
    }

    case "end":
      return penDown ? { strokes, penDown: false, past: [...past, settled], future: [] } : drawing;

    case "cancel":
      return penDown ? { ...drawing, strokes: settled, penDown: false } : drawing;

    case "undo": {
      const before = past.at(-1);
      if (penDown || before === undefined) return drawing;
      return { strokes: before, penDown, past: past.slice(0, -1), future: [...future, strokes] };
    }

    case "redo": {
      const after = future.at(-1);
      if (penDown || after === undefined) return drawing;
      return { strokes: after, penDown, past: [...past, strokes], future: future.slice(0, -1) };
    }

    case "clear":
      if (strokes.length === 0) return drawing;
      // A stroke still under the pen was never finished, so there is no way back to it.
      return {
        strokes: [],
        penDown: false,
        past: settled.length > 0 ? [...past, settled] : past,
        future: settled.length > 0 ? [] : future,
      };
  }
}
