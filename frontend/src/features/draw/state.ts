import { BLANK, type Drawing, type DrawingAction, reduceDrawing } from "@/lib/ink/drawing";
import { isBlank, type Subject } from "@/lib/ink/strokes";
import type { Answer, Glyph, News, RunningRelease } from "@/lib/inference/messages";

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
  /** The latest answer and what it answers; null while the paper is blank. */
  readonly reading: { readonly answer: Answer; readonly subject: Subject } | null;
  /** Which digit of the number the visitor wants to see closely, from the left; null until one is chosen. */
  readonly chosen: number | null;
}

export type RecognizerAction =
  | DrawingAction
  | News
  | { readonly type: "load" }
  | { readonly type: "ready"; readonly release: RunningRelease }
  | { readonly type: "failed"; readonly reason: string }
  | { readonly type: "answered"; readonly answer: Answer; readonly subject: Subject }
  | { readonly type: "choose"; readonly index: number };

const LOADING: Model = { status: "loading", progress: null };

/** Before anything was drawn or loaded, on a sheet that may already hold ink. */
export function initialState(drawing: Drawing = BLANK): RecognizerState {
  return { drawing, model: LOADING, reading: null, chosen: null };
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
        reading: null,
        chosen: null,
      };
    case "offered":
      if (model.status !== "ready") return state;
      return { ...state, model: { ...model, newer: action.release } };
    case "refused":
      if (model.status !== "ready") return state;
      return { ...state, model: { ...model, release: { ...model.release, fallbackReason: action.reason } } };
    case "failed":
      return { ...state, model: { status: "failed", reason: action.reason }, reading: null, chosen: null };
    case "answered":
      // A blank sheet has no reading, however late an answer comes.
      if (isUntouched(state.drawing)) return state;
      return { ...state, reading: { answer: action.answer, subject: action.subject } };
    case "choose":
      return { ...state, chosen: action.index };
    default: {
      const drawing = reduceDrawing(state.drawing, action);
      if (drawing === state.drawing) return state;
      return { ...state, drawing, reading: isUntouched(drawing) ? null : state.reading, chosen: null };
    }
  }
}

function isUntouched({ sheet, penDown }: Drawing): boolean {
  return !penDown && isBlank(sheet);
}

/** `pending` from pointer-down until the answer to the last stroke is there. */
export type Phase = "loading" | "empty" | "pending" | "settled" | "error";

export function phaseOf({ drawing, model, reading }: RecognizerState): Phase {
  if (model.status === "failed") return "error";
  if (model.status === "loading") return "loading";
  if (drawing.penDown) return "pending";
  if (isBlank(drawing.sheet)) return "empty";
  return reading?.subject === drawing.sheet ? "settled" : "pending";
}

/** The digit that is shown closely: the chosen one, else the one that was written last. */
export function shownGlyph({ reading, chosen }: RecognizerState): Glyph | null {
  if (reading === null) return null;
  const { glyphs } = reading.answer;
  const last = glyphs.toSorted((a, b) => (a.strokes.at(-1) ?? 0) - (b.strokes.at(-1) ?? 0)).at(-1);
  return (chosen === null ? last : glyphs[chosen]) ?? null;
}
