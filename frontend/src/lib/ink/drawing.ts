import { type History, redo, withNext, undo } from "./history";
import type { Stroke } from "./strokes";
import type { DrawingInput } from "./drawingInput";

/** The content of the paper with its history. Excludes the stroke in progress. A change makes a new object. */
export interface Drawing extends History<DrawingInput> {
  readonly penDown: boolean;
}

export type DrawingAction =
  /** Start a stroke. */
  | { readonly type: "begin" }
  /** Finish a stroke. */
  | { readonly type: "draw"; readonly stroke: Stroke }
  /** Discard the stroke in progress. */
  | { readonly type: "cancel" }
  /** Replace the content of the paper. */
  | { readonly type: "replace"; readonly input: DrawingInput }
  | { readonly type: "undo" }
  | { readonly type: "redo" }
  | { readonly type: "clear" };

const BLANK_SHEET: DrawingInput = { kind: "ink", strokes: [] };

export const BLANK: Drawing = { present: BLANK_SHEET, penDown: false, past: [], future: [] };

/** The drawing after `action`; the same object if nothing changes. */
export function reduceDrawing(drawing: Drawing, action: DrawingAction): Drawing {
  const { present: sheet, penDown } = drawing;
  const strokes = sheet.kind === "ink" ? sheet.strokes : [];
  const replaceBy = (next: DrawingInput): Drawing => ({ ...withNext(drawing, next), penDown: false });

  switch (action.type) {
    case "begin":
      return penDown ? drawing : { ...drawing, penDown: true };

    case "draw":
      // A stroke on a picture replaces the picture.
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
      // The stroke in progress is discarded and cannot be restored by undo.
      if (sheet.kind !== "ink" || strokes.length > 0) return replaceBy(BLANK_SHEET);
      return penDown ? { ...drawing, penDown: false } : drawing;
  }
}
