import { createContext, use } from "react";
import type { Subject } from "@/lib/ink/strokes";
import type { Explanation } from "@/lib/inference/explain";
import type { Answer, Glyph, RunningRelease } from "@/lib/inference/messages";

/** What the instrument lets those know that stand below it on the page. */
export interface Instrument {
  /** What lies on the paper, read or not; without the stroke that is still under the pen. */
  readonly sheet: Subject;
  /** The answer to all that is on the paper; null while there is none, or the pen is down. */
  readonly settled: {
    readonly subject: Subject;
    readonly answer: Answer;
    /** The digit of the number that is shown closely. */
    readonly glyph: Glyph;
  } | null;
  /** The release that answers; null until it does. */
  readonly release: RunningRelease | null;
  /** Put something else on the paper and have it read; undo brings back what was there. */
  readonly lay: (subject: Subject) => void;
  /** What in a glyph's pixels the answer comes from; null when it cannot be had. */
  readonly explain: (pixels: Glyph["pixels"]) => Promise<Explanation | null>;
}

export const InstrumentContext = createContext<Instrument | null>(null);

/** @throws Error outside of a `Recognizer`. */
export function useInstrument(): Instrument {
  const instrument = use(InstrumentContext);
  if (instrument === null) throw new Error("useInstrument is for what stands inside of a Recognizer");
  return instrument;
}
