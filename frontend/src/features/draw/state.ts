import type { Problem } from "@/lib/inference/errors";
import { EMPTY_DRAWING, type Drawing, type DrawingAction, reduceDrawing } from "@/lib/ink/drawing";
import type { LoadEvent } from "@/lib/inference/messages";
import { isBlank, type DrawingInput } from "@/lib/ink/drawingInput";
import type { Prediction, Glyph, Progress, ReleaseInfo } from "@/lib/inference/types";

/** Whether the model is loading, ready or failed. */
export type ModelState =
  /** `progress` is null before the first byte. */
  | { readonly status: "loading"; readonly progress: Progress | null }
  /** `newer`: a release that the visitor can switch to. */
  | { readonly status: "ready"; readonly release: ReleaseInfo; readonly newer: ReleaseInfo | null }
  | { readonly status: "failed"; readonly problem: Problem };

export interface RecognizerState {
  readonly drawing: Drawing;
  readonly model: ModelState;
  /** The latest prediction and its input; null while the canvas is blank. */
  readonly latest: { readonly prediction: Prediction; readonly input: DrawingInput } | null;
  /** Index of the digit that the visitor selected, from the left; null if none is selected. */
  readonly chosen: number | null;
}

export type RecognizerAction =
  | DrawingAction
  | LoadEvent
  | { readonly type: "load" }
  | { readonly type: "ready"; readonly release: ReleaseInfo }
  | { readonly type: "failed"; readonly problem: Problem }
  | { readonly type: "predicted"; readonly prediction: Prediction; readonly input: DrawingInput }
  | { readonly type: "choose"; readonly index: number };

const LOADING: ModelState = { status: "loading", progress: null };

/** The state before the model is loaded. `drawing` may already contain ink. */
export function initialState(drawing: Drawing = EMPTY_DRAWING): RecognizerState {
  return { drawing, model: LOADING, latest: null, chosen: null };
}

export function reduceRecognizer(state: RecognizerState, action: RecognizerAction): RecognizerState {
  const { model } = state;
  switch (action.type) {
    case "load":
      return { ...state, model: LOADING };
    case "progress":
      if (model.status !== "loading") return state;
      return { ...state, model: { status: "loading", progress: action } };
    case "ready":
      // Predictions of another release do not apply to this one.
      return {
        ...state,
        model: { status: "ready", release: action.release, newer: null },
        latest: null,
        chosen: null,
      };
    case "updateAvailable":
      if (model.status !== "ready") return state;
      return { ...state, model: { ...model, newer: action.release } };
    case "updateRejected":
      if (model.status !== "ready") return state;
      return { ...state, model: { ...model, release: { ...model.release, fallbackReason: action.problem } } };
    case "failed":
      return { ...state, model: { status: "failed", problem: action.problem }, latest: null, chosen: null };
    case "predicted":
      // Ignore a late prediction for a drawing that was cleared.
      if (isEmpty(state.drawing)) return state;
      return { ...state, latest: { prediction: action.prediction, input: action.input } };
    case "choose":
      return { ...state, chosen: action.index };
    default: {
      const drawing = reduceDrawing(state.drawing, action);
      if (drawing === state.drawing) return state;
      return { ...state, drawing, latest: isEmpty(drawing) ? null : state.latest, chosen: null };
    }
  }
}

function isEmpty({ present: input, penDown }: Drawing): boolean {
  return !penDown && isBlank(input);
}

/** `pending` lasts from pointer-down until the prediction for the last stroke arrives. */
export type Phase = "loading" | "empty" | "pending" | "settled" | "error";

export function phaseOf({ drawing, model, latest }: RecognizerState): Phase {
  if (model.status === "failed") return "error";
  if (model.status === "loading") return "loading";
  if (drawing.penDown) return "pending";
  if (isBlank(drawing.present)) return "empty";
  return latest?.input === drawing.present ? "settled" : "pending";
}

/** The digit whose details are shown: the chosen one, or else the one that was drawn last. */
export function shownGlyph({ latest, chosen }: RecognizerState): Glyph | null {
  if (latest === null) return null;
  const { glyphs } = latest.prediction;
  const last = glyphs.toSorted((a, b) => (a.strokes.at(-1) ?? 0) - (b.strokes.at(-1) ?? 0)).at(-1);
  return (chosen === null ? last : glyphs[chosen]) ?? null;
}
