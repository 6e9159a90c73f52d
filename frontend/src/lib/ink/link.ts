/**
 * Encodes strokes as the fragment of a link, and decodes them. Browsers do not send fragments to servers.
 *
 * The fragment is base64url of these bytes:
 * - the version;
 * - for each stroke, twice its number of points, plus one if it has pressures;
 * - for each point of the stroke, its offset in x and in y from the previous point of the drawing, in 1/1000 of the canvas
 *   height, zigzag-encoded, and its pressure in 1/255. The first offset is from the upper left corner.
 *
 * Integers are little-endian base 128 (LEB128).
 */

import { CANVAS_SIZE, type Point, type Stroke } from "./strokes";

const VERSION = 1;
/** Resolution of the coordinates: steps per canvas height. */
const STEPS = 1000;

/** Maximum length of the fragment in characters. Some messengers truncate longer links. */
export const MAX_LINK_LENGTH = 8000;

/** Maximum number of points. `MAX_LINK_LENGTH` characters cannot encode more. */
const MAX_POINTS = 20_000;

/**
 * Encode strokes as the fragment of a link.
 *
 * @param strokes - At least one, each with at least one point. Points lie on the canvas and are rounded to 1/1000 of its
 *   height.
 * @returns Null if the fragment would be longer than `MAX_LINK_LENGTH`.
 */
export function encodeStrokes(strokes: readonly Stroke[]): string | null {
  const bytes: number[] = [VERSION];
  const writeNumber = (value: number) => {
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
    bytes.push(rest);
  };
  const writeOffset = (value: number) => writeNumber(value < 0 ? -2 * value - 1 : 2 * value);

  let [x, y] = [0, 0];
  for (const stroke of strokes) {
    const hasPressure = stroke[0]?.pressure !== undefined;
    writeNumber(2 * stroke.length + Number(hasPressure));
    for (const point of stroke) {
      const [nextX, nextY] = [Math.round(point.x * STEPS), Math.round(point.y * STEPS)];
      writeOffset(nextX - x);
      writeOffset(nextY - y);
      [x, y] = [nextX, nextY];
      if (hasPressure) bytes.push(Math.round(255 * Math.min(1, Math.max(0, point.pressure ?? 0))));
    }
  }
  const text = btoa(bytes.map((byte) => String.fromCharCode(byte)).join(""));
  const encoded = text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return encoded.length > MAX_LINK_LENGTH ? null : encoded;
}

/** Decode the result of `encodeStrokes`. Returns null for any other text; never throws. */
export function decodeStrokes(encoded: string): Stroke[] | null {
  if (encoded.length > MAX_LINK_LENGTH || !/^[\w-]+$/.test(encoded)) return null;
  try {
    const text = atob(encoded.replaceAll("-", "+").replaceAll("_", "/"));
    return decode(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  } catch {
    return null;
  }
}

/**
 * Decode the bytes of a fragment. Returns null for another version and for no strokes.
 *
 * @throws RangeError if `bytes` end early, or contain an empty stroke, too many points or a point outside the canvas.
 */
function decode(bytes: Uint8Array): Stroke[] | null {
  let position = 0;
  const readByte = () => {
    const value = bytes[position++];
    if (value === undefined) throw new RangeError("unexpected end of the drawing");
    return value;
  };
  const readNumber = () => {
    let [value, scale] = [0, 1];
    for (; scale < 2 ** 28; scale *= 128) {
      const next = readByte();
      value += (next % 128) * scale;
      if (next < 128) return value;
    }
    throw new RangeError("a number is too large");
  };
  const readOffset = () => {
    const value = readNumber();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  };

  if (readByte() !== VERSION) return null;
  const strokes: Stroke[] = [];
  let [x, y, points] = [0, 0, 0];
  while (position < bytes.length) {
    const header = readNumber();
    const length = Math.floor(header / 2);
    points += length;
    if (length === 0 || points > MAX_POINTS)
      throw new RangeError("a stroke has no points, or the drawing too many");
    const stroke = Array.from({ length }, (): Point => {
      x += readOffset();
      y += readOffset();
      if (x < 0 || y < 0 || x > CANVAS_SIZE.width * STEPS || y > CANVAS_SIZE.height * STEPS) {
        throw new RangeError("a point is outside the canvas");
      }
      const point = { x: x / STEPS, y: y / STEPS };
      return header % 2 === 1 ? { ...point, pressure: readByte() / 255 } : point;
    });
    strokes.push(stroke);
  }
  return strokes.length === 0 ? null : strokes;
}
