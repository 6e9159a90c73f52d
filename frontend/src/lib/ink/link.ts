/**
 * Strokes ↔ the fragment of a link. Browsers do not send fragments to servers.
 *
 * The format is base64url of these bytes: the version; then, for each stroke, twice its number of points, plus one if it
 * has pressures; and, for each point, the difference to the previous point of the drawing (for the first one, to the upper
 * left corner of the paper) in x and y, in 1/1000 of the paper's height, zigzag-encoded, and its pressure in 1/255. Numbers
 * are little-endian base 128 (LEB128).
 */

import { PAPER, type Point, type Stroke } from "./strokes";

const VERSION = 1;
const STEPS = 1000;

/** Maximum length in characters. Some messengers truncate longer links. */
export const LINK_LIMIT = 8000;

/** Maximum number of points. No link of `LINK_LIMIT` that `encodeStrokes` makes has more. */
const POINT_LIMIT = 20_000;

/**
 * Encode strokes for a link.
 *
 * @param strokes - At least one, each with at least one point, on the paper. Coordinates are rounded to 1/1000 of its height.
 * @returns Null if the result would be longer than `LINK_LIMIT`.
 */
export function encodeStrokes(strokes: readonly Stroke[]): string | null {
  const bytes: number[] = [VERSION];
  const number = (value: number) => {
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
    bytes.push(rest);
  };
  const difference = (value: number) => number(value < 0 ? -2 * value - 1 : 2 * value);

  let [x, y] = [0, 0];
  for (const stroke of strokes) {
    const pressed = stroke[0]?.pressure !== undefined;
    number(2 * stroke.length + Number(pressed));
    for (const point of stroke) {
      const [nextX, nextY] = [Math.round(point.x * STEPS), Math.round(point.y * STEPS)];
      difference(nextX - x);
      difference(nextY - y);
      [x, y] = [nextX, nextY];
      if (pressed) bytes.push(Math.round(255 * Math.min(1, Math.max(0, point.pressure ?? 0))));
    }
  }
  const text = btoa(bytes.map((byte) => String.fromCharCode(byte)).join(""));
  const encoded = text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return encoded.length > LINK_LIMIT ? null : encoded;
}

/** Decode what `encodeStrokes` returned; null for any other text. Never throws. */
export function decodeStrokes(encoded: string): Stroke[] | null {
  if (encoded.length > LINK_LIMIT || !/^[\w-]+$/.test(encoded)) return null;
  try {
    const text = atob(encoded.replaceAll("-", "+").replaceAll("_", "/"));
    return decode(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  } catch {
    return null;
  }
}

/** @throws RangeError if `bytes` end too early or contain a point outside the paper. */
function decode(bytes: Uint8Array): Stroke[] | null {
  let at = 0;
  const byte = () => {
    const value = bytes[at++];
    if (value === undefined) throw new RangeError("the drawing ends in the middle");
    return value;
  };
  const number = () => {
    let [value, scale] = [0, 1];
    for (; scale < 2 ** 28; scale *= 128) {
      const next = byte();
      value += (next % 128) * scale;
      if (next < 128) return value;
    }
    throw new RangeError("a number is too large");
  };
  const difference = () => {
    const value = number();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  };

  if (byte() !== VERSION) return null;
  const strokes: Stroke[] = [];
  let [x, y, points] = [0, 0, 0];
  while (at < bytes.length) {
    const header = number();
    const length = Math.floor(header / 2);
    points += length;
    if (length === 0 || points > POINT_LIMIT) throw new RangeError("a stroke of too few or too many points");
    const stroke = Array.from({ length }, (): Point => {
      x += difference();
      y += difference();
      if (x < 0 || y < 0 || x > PAPER.width * STEPS || y > PAPER.height * STEPS) {
        throw new RangeError("a point is not on the paper");
      }
      const point = { x: x / STEPS, y: y / STEPS };
      return header % 2 === 1 ? { ...point, pressure: byte() / 255 } : point;
    });
    strokes.push(stroke);
  }
  return strokes.length === 0 ? null : strokes;
}
