/** The explanation of a prediction. */

import { atLeast, percent } from "./numbers";
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

const an = (digit: number) => (digit === 8 ? "an 8" : `a ${digit}`);

export const why = {
  heading: (digit: number, rejected: boolean) =>
    rejected ? `Not a digit, it seems. Why ${an(digit)}, at a guess?` : `Why ${an(digit)}?`,
  loading: "Covering one part after the other…",
  unavailable: "It cannot be said for this drawing. Draw on, or ask again.",
  support: {
    figure: "Fig. 4",
    caption: "Where the decision comes from.",
    label: (digit: number) => `Your drawing, coloured where the ink speaks for or against ${an(digit)}`,
    /** How hiding a part of the ink changes the prediction. */
    text: ({ digit, probabilities, weakest }: Explanation) => {
      const before = probabilities[digit] ?? 0;
      const after = weakest.probabilities[digit] ?? 0;
      const instead = argmax(weakest.probabilities);
      const covered = `Covering ${partName(weakest.region)} of the ink`;
      if (instead !== digit) {
        return `${covered} would make it ${an(instead)}: the network would be ${percent(weakest.probabilities[instead] ?? 0)} sure of that.`;
      }
      if (before - after < 0.02) {
        return `No single part decides: cover any, and it still is ${an(digit)}, ${atLeast(after)} sure.`;
      }
      return `${covered} would cost it most: ${percent(before)} sure would become ${percent(after)}.`;
    },
  },
  contrast: {
    figure: "Fig. 5",
    caption: (digit: number, runnerUp: number) => `What makes it ${an(digit)} rather than ${an(runnerUp)}.`,
    label: (digit: number, runnerUp: number) =>
      `Your drawing, coloured where the ink speaks for ${an(digit)} or for ${an(runnerUp)}`,
    text: ({ runnerUp, probabilities }: Explanation) =>
      `${an(runnerUp).replace(/^a/, "A")} is its next best guess, at ${percent(probabilities[runnerUp] ?? 0)}.`,
  },
  legend: {
    label: "Colours",
    for: (digit: number) => `speaks for ${an(digit)}`,
    against: "speaks against it",
  },
  method:
    "Found by laying a small patch of paper over each part in turn and asking again how sure the network is of its answer.",
  blocks: {
    figure: "Fig. 6",
    caption: "What each block of the network finds, the strongest first.",
    name: (block: number) => `Block ${block}`,
    size: (maps: number, width: number, height: number, inactive: number) =>
      `${maps} maps of ${width} × ${height}${inactive === 0 ? "" : `; ${inactive} found nothing`}`,
    what: [
      "Edges and ends of lines, one direction to a map.",
      "Bends, corners and crossings, put together from edges.",
      "Whole shapes: loops, hooks, bars. From these the answer is weighed.",
    ],
    label: (block: number) => `Maps of block ${block}`,
  },
} as const;
