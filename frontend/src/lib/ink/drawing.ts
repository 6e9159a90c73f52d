import { type History, redo, withNext, undo } from "./history";
import type { Stroke } from "./strokes";
import type { DrawingInput } from "./drawingInput";

/** What is on the paper: without the stroke that is still under the pen, and a new object whenever it changes. */
export interface Drawing extends History<DrawingInput> {
  readonly penDown: boolean;
}

export type DrawingAction =
  /** The pen comes down. */
  | { readonly type: "begin" }
  /** The pen is lifted from a finished stroke. */
  | { readonly type: "draw"; readonly stroke: Stroke }
  /** The stroke under the pen is not meant. */
  | { readonly type: "cancel" }
  /** Put something else on the paper, in the place of what is there. */
  | { readonly type: "replace"; readonly input: DrawingInput }
  | { readonly type: "undo" }
  | { readonly type: "redo" }
  | { readonly type: "clear" };

const BLANK_SHEET: DrawingInput = { kind: "ink", strokes: [] };

export const BLANK: Drawing = { present: BLANK_SHEET, penDown: false, past: [], future: [] };

/** The drawing after `action`; the same object when nothing changes. */
export function reduceDrawing(drawing: Drawing, action: DrawingAction): Drawing {
  const { present: sheet, penDown } = drawing;
  const strokes = sheet.kind === "ink" ? sheet.strokes : [];
  const replaceBy = (next: DrawingInput): Drawing => ({ ...withNext(drawing, next), penDown: false });

  switch (action.type) {
    case "begin":
      return penDown ? drawing : { ...drawing, penDown: true };

    case "draw":
      // Whoever draws on a picture begins a drawing of their own.
      return penDown ? replaceBy({ kind: "ink", strokes: [...strokes, action.stroke] }) : drawing;

    case "cancel":
      return penDown ? { ...drawing, penDown: false } : drawing;

    case "replace":
      return replaceBy(action.input);

    case "undo":
      return penDown ? drawing : undo(drawing);

    case "redo":
      return penDown ? drawing : redo(drawing);

    case "clear":
      // A stroke still under the pen was never finished, so there is no way back to it.
      if (sheet.kind !== "ink" || strokes.length > 0) return replaceBy(BLANK_SHEET);
      return penDown ? { ...drawing, penDown: false } : drawing;
  }
}
