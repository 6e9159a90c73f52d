import type { Problem } from "@/lib/inference/errors";
import { BLANK, type Drawing, type DrawingAction, reduceDrawing } from "@/lib/ink/drawing";
import type { LoadEvent } from "@/lib/inference/messages";
import { isBlank, type DrawingInput } from "@/lib/ink/drawingInput";
import type { Prediction, Glyph, ReleaseInfo } from "@/lib/inference/types";

/** The network's way into the page. */
export type ModelState =
  /** Bytes of the release that have arrived, of how many; null before the first. */
  | {
      readonly status: "loading";
      readonly progress: { readonly received: number; readonly total: number } | null;
    }
  /** `newer`: a release that waits for the visitor's consent. */
  | { readonly status: "ready"; readonly release: ReleaseInfo; readonly newer: ReleaseInfo | null }
  | { readonly status: "failed"; readonly problem: Problem };

export interface RecognizerState {
  readonly drawing: Drawing;
  readonly model: ModelState;
  /** The latest answer and what it answers; null while the paper is blank. */
  readonly latest: { readonly prediction: Prediction; readonly input: DrawingInput } | null;
  /** Which digit of the number the visitor wants to see closely, from the left; null until one is chosen. */
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

/** Before anything was drawn or loaded, on a sheet that may already hold ink. */
export function initialState(drawing: Drawing = BLANK): RecognizerState {
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
      // What another release said is not this one's answer.
      return {
        ...state,
        model: { status: "ready", release: action.release, newer: null },
        latest: null,
        chosen: null,
      };
    case "offered":
      if (model.status !== "ready") return state;
      return { ...state, model: { ...model, newer: action.release } };
    case "refused":
      if (model.status !== "ready") return state;
      return { ...state, model: { ...model, release: { ...model.release, fallbackReason: action.problem } } };
    case "failed":
      return { ...state, model: { status: "failed", problem: action.problem }, latest: null, chosen: null };
    case "predicted":
      // A blank sheet has no reading, however late an answer comes.
      if (isUntouched(state.drawing)) return state;
      return { ...state, latest: { prediction: action.prediction, input: action.input } };
    case "choose":
      return { ...state, chosen: action.index };
    default: {
      const drawing = reduceDrawing(state.drawing, action);
      if (drawing === state.drawing) return state;
      return { ...state, drawing, latest: isUntouched(drawing) ? null : state.latest, chosen: null };
    }
  }
}

function isUntouched({ present: sheet, penDown }: Drawing): boolean {
  return !penDown && isBlank(sheet);
}

/** `pending` from pointer-down until the answer to the last stroke is there. */
export type Phase = "loading" | "empty" | "pending" | "settled" | "error";

export function phaseOf({ drawing, model, latest }: RecognizerState): Phase {
  if (model.status === "failed") return "error";
  if (model.status === "loading") return "loading";
  if (drawing.penDown) return "pending";
  if (isBlank(drawing.present)) return "empty";
  return latest?.input === drawing.present ? "settled" : "pending";
}

/** The digit that is shown closely: the chosen one, else the one that was written last. */
export function shownGlyph({ latest, chosen }: RecognizerState): Glyph | null {
  if (latest === null) return null;
  const { glyphs } = latest.prediction;
  const last = glyphs.toSorted((a, b) => (a.strokes.at(-1) ?? 0) - (b.strokes.at(-1) ?? 0)).at(-1);
  return (chosen === null ? last : glyphs[chosen]) ?? null;
}
