/** Drawings that the visitor labelled. Pure functions. */

import type { Stroke } from "@/lib/ink/strokes";

/** 0…9, or null for a drawing that is not a digit. */
export type Label = number | null;

export const LABELS: readonly Label[] = [...Array(10).keys(), null];

/** A drawing that is stored on this device. */
export interface LabelledDrawing {
  /** Ids sort by time. */
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly when: string;
  /** The visitor's label. */
  readonly label: Label;
  /** The predicted digit; null if the model rejected the drawing. */
  readonly prediction: Label;
  /** Calibrated probability of the most likely digit, 0…1. */
  readonly confidence: number;
  /** Id of the release that made the prediction. */
  readonly release: string;
  /** The model's input: 784 pixels of 0…255, row by row; 255 is full ink. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** Empty if the input was not drawn. */
  readonly strokes: readonly Stroke[];
}

/** Whether prediction and label differ. */
export function isMistake({ label, prediction }: LabelledDrawing): boolean {
  return label !== prediction;
}

/** The number of drawings with one label, and the number of correct predictions among them. */
export interface Tally {
  readonly label: Label;
  readonly drawings: number;
  readonly correct: number;
}

/** One tally for each of 0…9, then one for drawings that are not digits. */
export function tallies(drawings: readonly LabelledDrawing[]): Tally[] {
  return LABELS.map((label) => {
    const labelled = drawings.filter((drawing) => drawing.label === label);
    const correct = labelled.filter((drawing) => !isMistake(drawing));
    return { label, drawings: labelled.length, correct: correct.length };
  });
}
