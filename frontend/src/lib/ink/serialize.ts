import { type Raster, SIDE } from "./preprocess";
import { CANVAS_SIZE, type Point, type Stroke } from "./strokes";
import type { DetectedDigit, DrawingInput } from "./drawingInput";
import type { Layout } from "./segment";

/** Maximum number of points of a drawing. */
const MAX_POINTS = 100_000;

/** Serialize to JSON. Strokes are exact; the ink of images is rounded to 1/255. */
export function serializeInput(input: DrawingInput): string {
  // Earlier versions stored an array of strokes. Keeping that format keeps stored drawings readable.
  if (input.kind === "ink") return JSON.stringify(input.strokes);
  return JSON.stringify(input, (_, value: unknown) => {
    if (value instanceof Float64Array) return Array.from(value, (ink) => Math.round(255 * ink));
    return value instanceof Uint8Array ? Array.from(value) : value;
  });
}

/** Parse the result of `serializeInput`. Returns null for any other text and for a blank canvas; never throws. */
export function parseInput(text: string): DrawingInput | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (Array.isArray(value)) return isInk(value) ? { kind: "ink", strokes: value } : null;
  if (!isRecord(value)) return null;
  if (value.kind === "pixels") {
    return isBytes(value.pixels, SIDE * SIDE)
      ? { kind: "pixels", pixels: Uint8Array.from(value.pixels) }
      : null;
  }
  const { layout } = value;
  if (value.kind !== "picture" || !isArrayOf(value.candidates, isDigit) || !isLayout(layout)) return null;
  const raster = parseRaster(value.raster);
  if (raster === null || layout.candidates.length !== value.candidates.length) return null;
  const candidates = value.candidates.map(({ box, pixels }) => ({ box, pixels: Uint8Array.from(pixels) }));
  return { kind: "picture", raster, layout, candidates };
}

function isInk(strokes: readonly unknown[]): strokes is readonly Stroke[] {
  if (strokes.length === 0 || !strokes.every(isStroke)) return false;
  return strokes.reduce((points, { length }) => points + length, 0) <= MAX_POINTS;
}

export function isStroke(stroke: unknown): stroke is Stroke {
  return Array.isArray(stroke) && stroke.length > 0 && stroke.every(isPoint);
}

function isPoint(point: unknown): point is Point {
  if (!isRecord(point)) return false;
  const { x, y, pressure = 0 } = point;
  return isWithin(x, CANVAS_SIZE.width) && isWithin(y, CANVAS_SIZE.height) && isWithin(pressure, 1);
}

function isDigit(digit: unknown): digit is DetectedDigit {
  return isRecord(digit) && isBox(digit.box) && isBytes(digit.pixels, SIDE * SIDE);
}

function isLayout(layout: unknown): layout is Layout {
  const isEdge = (edge: unknown) =>
    isRecord(edge) &&
    ["from", "to", "candidate"].every((key) => Number.isInteger(edge[key])) &&
    isNumber(edge.cutScore);
  const isSymbol = (symbol: unknown) =>
    ["−", "+", ".", ","].includes(symbol as string) || isArrayOf(symbol, isEdge);
  return (
    isRecord(layout) &&
    isArrayOf(
      layout.candidates,
      (each) => isRecord(each) && isArrayOf(each.group, isNumber) && isNumber(each.parts),
    ) &&
    isArrayOf(
      layout.readings,
      (each) =>
        isRecord(each) &&
        isNumber(each.cutScore) &&
        isArrayOf(each.lines, (line) => isArrayOf(line, isSymbol) && line.some(Array.isArray)),
    )
  );
}

function isArrayOf<T>(
  values: unknown,
  matches: ((value: unknown) => value is T) | ((value: unknown) => boolean),
): values is readonly T[] {
  return Array.isArray(values) && values.length > 0 && values.every(matches);
}

const isNumber = (value: unknown) => typeof value === "number";

function isBox(box: unknown): box is DetectedDigit["box"] {
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

function isWithin(value: unknown, max: number): boolean {
  return typeof value === "number" && value >= 0 && value <= max;
}
