/** The explanation of a prediction. */

import { an, atLeast, inSentence } from "./numbers";
import type { Explanation, InkRegion } from "@/lib/inference/types";

const CENTRE = "the middle";

/** `the upper left`, `the middle`. */
function partName({ row, column }: InkRegion): string {
  if (row === "middle" && column === "middle") return CENTRE;
  if (row === "middle") return `the ${column} side`;
  return column === "middle" ? `the ${row} part` : `the ${row} ${column}`;
}

function argmax(probabilities: readonly number[]): number {
  return probabilities.indexOf(Math.max(...probabilities));
}

export const why = {
  heading: (digit: number, rejected: boolean) =>
    rejected ? `Probably not a digit. Why is ${an(digit)} closest?` : `Why ${an(digit)}?`,
  loading: "Computing the explanation…",
  unavailable: "No explanation is available. Try again.",
  support: {
    figure: "Fig. 4",
    caption: "What the prediction is based on.",
    label: (digit: number) => `Your drawing, coloured by evidence for and against ${an(digit)}`,
    /** How hiding a part of the ink changes the prediction. */
    text: ({ digit, probabilities, weakest }: Explanation) => {
      const before = probabilities[digit] ?? 0;
      const after = weakest.probabilities[digit] ?? 0;
      const instead = argmax(weakest.probabilities);
      const hidden = `Hiding ${partName(weakest.region)} of the ink`;
      if (instead !== digit) {
        return `${hidden} changes the prediction to ${an(instead)}, with a confidence of ${inSentence(weakest.probabilities[instead] ?? 0)}.`;
      }
      if (before - after < 0.02) {
        return `No single part is decisive: with any part hidden, the confidence stays ${atLeast(after)}.`;
      }
      return `${hidden} lowers the confidence from ${inSentence(before)} to ${inSentence(after)}.`;
    },
  },
  contrast: {
    figure: "Fig. 5",
    caption: (digit: number, runnerUp: number) => `Why ${an(digit)} and not ${an(runnerUp)}.`,
    label: (digit: number, runnerUp: number) =>
      `Your drawing, coloured by evidence for ${an(digit)} and for ${an(runnerUp)}`,
    text: ({ runnerUp, probabilities }: Explanation) =>
      `The second most likely digit is ${runnerUp}, with a probability of ${inSentence(probabilities[runnerUp] ?? 0)}.`,
  },
  legend: {
    label: "Colours",
    for: (digit: number) => `evidence for ${an(digit)}`,
    against: "evidence against it",
  },
  method: "Computed by hiding one small patch of the image at a time and predicting again.",
  blocks: {
    figure: "Fig. 6",
    caption: "Feature maps of each block of the model, the strongest first.",
    name: (block: number) => `Block ${block}`,
    size: (maps: number, width: number, height: number, inactive: number) =>
      `${maps} maps of ${width} × ${height}${inactive === 0 ? "" : `; ${inactive} inactive`}`,
    what: [
      "Edges and line ends, one direction per map.",
      "Bends, corners and crossings, combined from edges.",
      "Whole shapes: loops, hooks and bars. The prediction is computed from these.",
    ],
    label: (block: number) => `Maps of block ${block}`,
  },
} as const;
