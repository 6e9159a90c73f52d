import { createContext, use } from "react";
import type { DrawingInput } from "@/lib/ink/drawingInput";
import type { Explanation, Glyph, ReleaseInfo, SettledPrediction } from "@/lib/inference/types";

/** The recognizer's state, shared with the panels below it. */
export interface RecognizerContextValue {
  /** The current drawing, without the active stroke. */
  readonly input: DrawingInput;
  /** The prediction for `input`; null while it is pending or the pen is down. */
  readonly settled: SettledPrediction | null;
  /** The running release; null while it loads. */
  readonly release: ReleaseInfo | null;
  /** Replace the drawing and predict it. Undo restores the previous drawing. */
  readonly replaceDrawing: (input: DrawingInput) => void;
  /** Explain the prediction for an image; null if no explanation is available. */
  readonly explain: (pixels: Glyph["pixels"]) => Promise<Explanation | null>;
}

export const RecognizerContext = createContext<RecognizerContextValue | null>(null);

/** @throws Error outside of a `Recognizer`. */
export function useRecognizerContext(): RecognizerContextValue {
  const value = use(RecognizerContext);
  if (value === null) throw new Error("useRecognizerContext must be used inside a Recognizer");
  return value;
}
