import { PAPER, type Point, type Stroke } from "./types";

/** More ink than a hand leaves on one sheet. */
const POINT_LIMIT = 100_000;

/** The strokes that `JSON.stringify` made `text` of; null for anything else. */
export function parseStrokes(text: string): Stroke[] | null {
  let strokes: unknown;
  try {
    strokes = JSON.parse(text);
  } catch {
    return null;
  }
  if (!Array.isArray(strokes) || strokes.length === 0 || !strokes.every(isStroke)) return null;
  return strokes.reduce((points, { length }) => points + length, 0) > POINT_LIMIT ? null : strokes;
}

function isStroke(stroke: unknown): stroke is Stroke {
  return Array.isArray(stroke) && stroke.length > 0 && stroke.every(isPoint);
}

function isPoint(point: unknown): point is Point {
  if (typeof point !== "object" || point === null) return false;
  const { x, y, pressure = 0 } = point as Record<string, unknown>;
  return isWithin(x, PAPER.width) && isWithin(y, PAPER.height) && isWithin(pressure, 1);
}

function isWithin(value: unknown, most: number): boolean {
  return typeof value === "number" && value >= 0 && value <= most;
}
