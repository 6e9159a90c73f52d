/** Stored drawings → JSON with all fields, and IDX, the format of MNIST. Pure functions. */

import { SIDE } from "@/lib/ink/preprocess";
import type { LabelledDrawing } from "./drawings";

/** IDX's code for unsigned bytes. */
const BYTES = 8;

/**
 * All fields as JSON. `read` is the prediction, `strokes` are `[[[x, y], …], …]` in units of the height of the canvas, and
 * `pixels` are in base64.
 */
export function toJson(drawings: readonly LabelledDrawing[]): string {
  const samples = drawings.map(({ label, prediction, strokes, pixels, ...rest }) => ({
    label,
    read: prediction,
    ...rest,
    strokes: strokes.map((stroke) => stroke.map(({ x, y }) => [x, y])),
    pixels: btoa(String.fromCharCode(...pixels)),
  }));
  const meta = {
    name: "Ink to Digit: drawings of one visitor",
    version: 1,
    units: "canvas heights, x right, y down",
    label: "0-9, or null for a drawing that is not a digit",
    pixels: "base64 of 28 x 28 bytes, row by row, ink bright",
    count: samples.length,
  };
  return `${JSON.stringify({ meta, samples }, null, 1)}\n`;
}

/**
 * The drawings as an `images-idx3-ubyte` and a `labels-idx1-ubyte` file. Drawings that are not digits are omitted, because
 * the format has no label for them.
 */
export function toIdx(drawings: readonly LabelledDrawing[]): {
  readonly images: Uint8Array<ArrayBuffer>;
  readonly labels: Uint8Array<ArrayBuffer>;
} {
  const digits = drawings.flatMap(({ label, pixels }) => (label === null ? [] : [{ label, pixels }]));
  const images = idx(digits.length, SIDE, SIDE);
  const labels = idx(digits.length);
  digits.forEach(({ label, pixels }, i) => {
    images.body.set(pixels, i * SIDE * SIDE);
    labels.body[i] = label;
  });
  return { images: images.file, labels: labels.file };
}

/** An IDX file of unsigned bytes with a complete header. `body` is a view of its values, which are all 0. */
function idx(...shape: number[]): {
  readonly file: Uint8Array<ArrayBuffer>;
  readonly body: Uint8Array<ArrayBuffer>;
} {
  const header = 4 + 4 * shape.length;
  const file = new Uint8Array(header + shape.reduce((product, length) => product * length));
  const view = new DataView(file.buffer);
  view.setUint8(2, BYTES);
  view.setUint8(3, shape.length);
  shape.forEach((length, axis) => view.setUint32(4 + 4 * axis, length));
  return { file, body: file.subarray(header) };
}
