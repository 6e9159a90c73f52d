import { BLANK, type Drawing, type DrawingAction, reduceDrawing } from "@/lib/ink/drawing";
import type { Stroke } from "@/lib/ink/types";
import type { Answer, News, RunningRelease } from "@/lib/inference/protocol";

/** The network's way into the page. */
export type Model =
  /** Bytes of the release that have arrived, of how many; null before the first. */
  | {
      readonly status: "loading";
      readonly progress: { readonly received: number; readonly total: number } | null;
    }
  /** `newer`: a release that waits for the visitor's consent. */
  | { readonly status: "ready"; readonly release: RunningRelease; readonly newer: RunningRelease | null }
  | { readonly status: "failed"; readonly reason: string };

export interface RecognizerState {
  readonly drawing: Drawing;
  readonly model: Model;
  /** The latest answer and the strokes that it answers; null while the paper is blank. */
  readonly reading: { readonly answer: Answer; readonly strokes: readonly Stroke[] } | null;
}

export type RecognizerAction =
  | DrawingAction
  | News
  | { readonly type: "load" }
  | { readonly type: "ready"; readonly release: RunningRelease }
  | { readonly type: "failed"; readonly reason: string }
  | { readonly type: "answered"; readonly answer: Answer; readonly strokes: readonly Stroke[] };

const LOADING: Model = { status: "loading", progress: null };

/** Before anything was drawn or loaded, on a sheet that may already hold ink. */
export function initialState(drawing: Drawing = BLANK): RecognizerState {
  return { drawing, model: LOADING, reading: null };
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
      return { ...state, model: { status: "ready", release: action.release, newer: null }, reading: null };
    case "offered":
      if (model.status !== "ready") return state;
      return { ...state, model: { ...model, newer: action.release } };
    case "refused":
      if (model.status !== "ready") return state;
      return { ...state, model: { ...model, release: { ...model.release, fallbackReason: action.reason } } };
    case "failed":
      return { ...state, model: { status: "failed", reason: action.reason }, reading: null };
    case "answered":
      // A blank sheet has no reading, however late an answer comes.
      if (state.drawing.strokes.length === 0) return state;
      return { ...state, reading: { answer: action.answer, strokes: action.strokes } };
    default: {
      const drawing = reduceDrawing(state.drawing, action);
      return { ...state, drawing, reading: drawing.strokes.length > 0 ? state.reading : null };
    }
  }
}

/** `pending` from pointer-down until the answer to the last stroke is there. */
export type Phase = "loading" | "empty" | "pending" | "settled" | "error";

export function phaseOf({ drawing, model, reading }: RecognizerState): Phase {
  if (model.status === "failed") return "error";
  if (model.status === "loading") return "loading";
  if (drawing.penDown) return "pending";
  if (drawing.strokes.length === 0) return "empty";
  return reading?.strokes === drawing.strokes ? "settled" : "pending";
}
