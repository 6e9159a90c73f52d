/** Drawings with the labels that the visitor gave them. Pure functions. */

import type { Stroke } from "@/lib/ink/strokes";

/** 0…9, or null for a drawing that is no digit. */
export type Label = number | null;

/** A drawing that is stored on this device. */
export interface LabelledDrawing {
  /** Sorts by time. */
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly when: string;
  readonly truth: Label;
  /** The predicted digit; null if the model rejected the drawing. */
  readonly read: Label;
  /** Calibrated probability of the likeliest digit, 0…1. */
  readonly confidence: number;
  /** Id of the release that made the prediction. */
  readonly release: string;
  /** The model's input: 784 pixels of 0…255, row by row, ink bright. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** Empty if the input was not drawn. */
  readonly strokes: readonly Stroke[];
}

/** Whether prediction and label differ. */
export function isMistake({ truth, read }: LabelledDrawing): boolean {
  return truth !== read;
}

/** Numbers of drawings with one label, and of correct predictions among them. */
export interface Tally {
  readonly truth: Label;
  readonly drawings: number;
  readonly right: number;
}

/** One tally for each of 0…9, then one for no digit. */
export function tallies(drawings: readonly LabelledDrawing[]): Tally[] {
  const truths: Label[] = [...Array(10).keys(), null];
  return truths.map((truth) => {
    const those = drawings.filter((drawing) => drawing.truth === truth);
    return { truth, drawings: those.length, right: those.filter((each) => !isMistake(each)).length };
  });
}
