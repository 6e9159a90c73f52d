import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { Stroke } from "@/lib/ink/strokes";

/** A handwritten digit, recorded in a box of 500×500. */
export interface Sample {
  readonly id: string;
  readonly label: number;
  readonly writer: number;
  readonly strokes: readonly Stroke[];
}

interface Recorded extends Omit<Sample, "strokes"> {
  readonly strokes: readonly (readonly [number, number][])[];
  /** Known defects of the recording. */
  readonly flags?: readonly string[];
}

/** Read samples from gzipped JSON. `complete` excludes the samples that are flagged as degenerate or as fragments. */
export function readSamples(path: string): { readonly all: Sample[]; readonly complete: Sample[] } {
  const { samples } = JSON.parse(gunzipSync(readFileSync(path)).toString()) as { samples: Recorded[] };
  const flagged = new Set<string>();
  const all = samples.map(({ strokes, flags = [], ...sample }) => {
    if (flags.includes("degenerate") || flags.includes("fragment")) flagged.add(sample.id);
    return { ...sample, strokes: strokes.map((stroke) => stroke.map(([x, y]) => ({ x, y }))) };
  });
  return { all, complete: all.filter(({ id }) => !flagged.has(id)) };
}

/** Return whether the writer belongs to the validation set, which training does not use (ml/data/pendigits.py). */
export function isValidationSample({ writer }: Sample): boolean {
  return writer % 3 === 0;
}
