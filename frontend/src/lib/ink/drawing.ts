import { type History, redo, withNext, undo } from "./history";
import type { Stroke } from "./strokes";
import type { DrawingInput } from "./drawingInput";

/** The content of the canvas with its undo and redo stacks, without the stroke in progress. Immutable. */
export interface Drawing extends History<DrawingInput> {
  /** Whether a stroke is in progress. */
  readonly penDown: boolean;
}

export type DrawingAction =
  /** Start a stroke. */
  | { readonly type: "begin" }
  /** Finish a stroke. */
  | { readonly type: "draw"; readonly stroke: Stroke }
  /** Discard the stroke in progress. */
  | { readonly type: "cancel" }
  | { readonly type: "replace"; readonly input: DrawingInput }
  | { readonly type: "undo" }
  | { readonly type: "redo" }
  | { readonly type: "clear" };

const EMPTY_INPUT: DrawingInput = { kind: "ink", strokes: [] };

export const EMPTY_DRAWING: Drawing = { present: EMPTY_INPUT, penDown: false, past: [], future: [] };

/** Return the drawing after `action`, or the same object if nothing changes. */
export function reduceDrawing(drawing: Drawing, action: DrawingAction): Drawing {
  const { present: input, penDown } = drawing;
  const strokes = input.kind === "ink" ? input.strokes : [];
  const replaceInput = (next: DrawingInput): Drawing => ({ ...withNext(drawing, next), penDown: false });

  switch (action.type) {
    case "begin":
      return penDown ? drawing : { ...drawing, penDown: true };

    case "draw":
      // A stroke replaces an image.
      return penDown ? replaceInput({ kind: "ink", strokes: [...strokes, action.stroke] }) : drawing;

    case "cancel":
      return penDown ? { ...drawing, penDown: false } : drawing;

    case "replace":
      return replaceInput(action.input);

    case "undo":
      return penDown ? drawing : undo(drawing);

    case "redo":
      return penDown ? drawing : redo(drawing);

    case "clear":
      // Discard the stroke in progress. Undo does not restore it.
      if (input.kind !== "ink" || strokes.length > 0) return replaceInput(EMPTY_INPUT);
      return penDown ? { ...drawing, penDown: false } : drawing;
  }
}
