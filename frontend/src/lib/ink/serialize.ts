import { type Raster, SIDE } from "./preprocess";
import { PAPER, type Point, type Stroke } from "./strokes";
import type { PicturedDigit, DrawingInput } from "./drawingInput";

/** More ink than a hand leaves on one sheet. */
const POINT_LIMIT = 100_000;

/** `input` as text: ink as it is, a picture's to 1/255. */
export function serializeInput(input: DrawingInput): string {
  // A list of strokes, as every version of this page kept ink: it outlives the change from one to the next.
  if (input.kind === "ink") return JSON.stringify(input.strokes);
  return JSON.stringify(input, (_, value: unknown) => {
    if (value instanceof Float64Array) return Array.from(value, (ink) => Math.round(255 * ink));
    return value instanceof Uint8Array ? Array.from(value) : value;
  });
}

/** What `serializeInput` made `text` of; null for anything else, and for a blank sheet. */
export function parseInput(text: string): DrawingInput | null {
  let kept: unknown;
  try {
    kept = JSON.parse(text);
  } catch {
    return null;
  }
  if (Array.isArray(kept)) return isInk(kept) ? { kind: "ink", strokes: kept } : null;
  if (!isRecord(kept)) return null;
  if (kept.kind === "pixels") {
    return isBytes(kept.pixels, SIDE * SIDE)
      ? { kind: "pixels", pixels: Uint8Array.from(kept.pixels) }
      : null;
  }
  if (kept.kind !== "picture" || !Array.isArray(kept.digits) || kept.digits.length === 0) return null;
  const raster = parseRaster(kept.raster);
  const digits = kept.digits.map(parseDigit).filter((digit) => digit !== null);
  if (raster === null || digits.length < kept.digits.length) return null;
  return { kind: "picture", raster, digits };
}

function isInk(strokes: readonly unknown[]): strokes is readonly Stroke[] {
  if (strokes.length === 0 || !strokes.every(isStroke)) return false;
  return strokes.reduce((points, { length }) => points + length, 0) <= POINT_LIMIT;
}

function isStroke(stroke: unknown): stroke is Stroke {
  return Array.isArray(stroke) && stroke.length > 0 && stroke.every(isPoint);
}

function isPoint(point: unknown): point is Point {
  if (!isRecord(point)) return false;
  const { x, y, pressure = 0 } = point;
  return isWithin(x, PAPER.width) && isWithin(y, PAPER.height) && isWithin(pressure, 1);
}

function parseDigit(digit: unknown): PicturedDigit | null {
  if (!isRecord(digit) || !isBox(digit.box)) return null;
  const raster = parseRaster(digit.raster);
  return raster && { box: digit.box, raster };
}

function isBox(box: unknown): box is PicturedDigit["box"] {
  return isRecord(box) && ["left", "top", "width", "height"].every((side) => isWithin(box[side], 1));
}

function parseRaster(raster: unknown): Raster | null {
  if (!isRecord(raster)) return null;
  const { width, height, ink } = raster;
  if (!Number.isInteger(width) || !Number.isInteger(height)) return null;
  const size = { width: Number(width), height: Number(height) };
  if (size.width < 1 || !isBytes(ink, size.width * size.height)) return null;
  return { ...size, ink: Float64Array.from(ink, (value) => value / 255) };
}

function isBytes(values: unknown, length: number): values is readonly number[] {
  return (
    Array.isArray(values) &&
    values.length === length &&
    values.every((value) => Number.isInteger(value) && isWithin(value, 255))
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isWithin(value: unknown, most: number): boolean {
  return typeof value === "number" && value >= 0 && value <= most;
}
