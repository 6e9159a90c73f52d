/** The format of stored drawings. Pure functions. */

import { SIDE } from "@/lib/ink/preprocess";
import { isStroke } from "@/lib/ink/serialize";
import type { Label, LabelledDrawing } from "./drawings";

/** A drawing as it is stored: `truth` is its label and `read` its prediction. */
export type StoredDrawing = Omit<LabelledDrawing, "label" | "prediction"> & {
  readonly truth: Label;
  readonly read: Label;
};

export function toStored({ label, prediction, ...rest }: LabelledDrawing): StoredDrawing {
  return { ...rest, truth: label, read: prediction };
}

/** Parse a record that is stored under a key; null if it is not a drawing. The storage may be damaged, or changed by hand. */
export function fromStored(key: unknown, record: unknown): LabelledDrawing | null {
  if (typeof record !== "object" || record === null) return null;
  const { id, when, truth, read, confidence, release, pixels, strokes } = record as Record<string, unknown>;
  const valid =
    typeof id === "string" &&
    id === key &&
    typeof when === "string" &&
    isLabel(truth) &&
    isLabel(read) &&
    typeof confidence === "number" &&
    confidence >= 0 &&
    confidence <= 1 &&
    typeof release === "string" &&
    pixels instanceof Uint8Array &&
    pixels.length === SIDE * SIDE &&
    Array.isArray(strokes) &&
    strokes.every(isStroke);
  if (!valid) return null;
  const bytes = Uint8Array.from(pixels);
  return { id, when, label: truth, prediction: read, confidence, release, pixels: bytes, strokes };
}

function isLabel(value: unknown): value is Label {
  return value === null || (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 9);
}
