import { readFileSync } from "node:fs";
import type { Point, Stroke } from "../strokes";

/** Path of the published file in the data folder. ml/data/pendigits.py names its source. */
export const PEN_DIGITS = "strokes/pendigits-orig.tra";

/** Side of the writing box in the units of the file, where y points up. */
const TABLET = 500;

/** A handwritten digit, recorded in a box of 500×500, with y down. */
export interface Sample {
  /** Writer and number of the sample. */
  readonly id: string;
  readonly label: number;
  readonly writer: number;
  readonly strokes: readonly Stroke[];
}

/** Read the samples of the file `pendigits-orig.tra`. */
export function readSamples(path: string): Sample[] {
  return parseSamples(readFileSync(path, "ascii"));
}

/** Parse samples in the UNIPEN format. A comment contains the label, the writer and the number of the sample. */
export function parseSamples(text: string): Sample[] {
  const segments = text.split(".SEGMENT").slice(1);
  return segments.map((segment) => {
    const comment = /^\.COMMENT\s+(\d+)\s+(\d+)\s+(\d+)/m.exec(segment);
    if (comment === null) throw new Error("A segment names neither its label nor its writer.");
    const [, label, writer, number] = comment;
    const strokes = [...segment.matchAll(/\.PEN_DOWN([\d\s]*)\.PEN_UP/g)].map(([, points]) =>
      toStroke(points!),
    );
    return {
      id: `w${writer}-s${number}`,
      label: Number(label),
      writer: Number(writer),
      strokes: strokes.filter((stroke) => stroke.length > 0),
    };
  });
}

function toStroke(points: string): Stroke {
  return Array.from(points.matchAll(/(\d+)\s+(\d+)/g), ([, x, y]) => ({
    x: Number(x),
    y: TABLET - Number(y),
  }));
}

/** Return whether the writer belongs to the validation set, which training does not use (ml/data/pendigits.py). */
export function isValidationSample({ writer }: Sample): boolean {
  return writer % 3 === 0;
}

/** Return false for a 4 of one stroke that does not cross itself: its second stroke is missing (ml/data/pendigits.py). */
export function isComplete({ label, strokes }: Sample): boolean {
  return label !== 4 || strokes.length !== 1 || crossesItself(strokes[0]!);
}

function crossesItself(stroke: Stroke): boolean {
  const segments = stroke.slice(1).map((end, i) => [stroke[i]!, end] as const);
  return segments.some(([a, b], i) =>
    segments.slice(i + 2).some(([c, d]) => {
      return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
    }),
  );
}

/** Return a number whose sign is the side of the line through `a` and `b` on which `c` lies. */
function side(a: Point, b: Point, c: Point): number {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}
