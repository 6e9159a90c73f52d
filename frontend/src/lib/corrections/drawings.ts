/** Drawings that a visitor told the truth about, and what can be said of them. Pure. */

import type { Stroke } from "@/lib/ink/strokes";

/** What a drawing was meant to be: 0…9, or null for no digit at all. */
export type Label = number | null;

/** One drawing, kept on this device. */
export interface LabelledDrawing {
  /** Sorts by time. */
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly when: string;
  readonly truth: Label;
  /** What the network took it for; null when it rejected it. */
  readonly read: Label;
  /** Calibrated probability of the likeliest digit, 0…1. */
  readonly confidence: number;
  /** Id of the release that read it. */
  readonly release: string;
  /** What the network saw: 784 pixels of 0…255, row by row, ink bright. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** None when it was not drawn here. */
  readonly strokes: readonly Stroke[];
}

export function isMistake({ truth, read }: LabelledDrawing): boolean {
  return truth !== read;
}

/** How many drawings of one kind there are, and how many of them were read right. */
export interface Tally {
  readonly truth: Label;
  readonly drawings: number;
  readonly right: number;
}

/** One tally for each of 0…9 and then of what is no digit. */
export function tallies(drawings: readonly LabelledDrawing[]): Tally[] {
  const truths: Label[] = [...Array(10).keys(), null];
  return truths.map((truth) => {
    const those = drawings.filter((drawing) => drawing.truth === truth);
    return { truth, drawings: those.length, right: those.filter((each) => !isMistake(each)).length };
  });
}
