/** Kept drawings → files: JSON with all that is known of them, and IDX, the form in which MNIST comes. Pure. */

import { SIDE } from "@/lib/ink/preprocess";
import type { LabelledDrawing } from "./drawings";

/** IDX's code for unsigned bytes. */
const BYTES = 8;

/** Everything, strokes in the form of `[[[x, y], …], …]`, pixels in base64. */
export function toJson(drawings: readonly LabelledDrawing[]): string {
  const samples = drawings.map(({ truth, strokes, pixels, ...rest }) => ({
    label: truth,
    ...rest,
    strokes: strokes.map((stroke) => stroke.map(({ x, y }) => [x, y])),
    pixels: btoa(String.fromCharCode(...pixels)),
  }));
  const meta = {
    name: "Ink to Digit: drawings of one visitor",
    version: 1,
    units: "paper heights, x right, y down",
    label: "0-9, or null for what is no digit",
    pixels: "base64 of 28 x 28 bytes, row by row, ink bright",
    count: samples.length,
  };
  return `${JSON.stringify({ meta, samples }, null, 1)}\n`;
}

/**
 * The digits among the drawings as an `images-idx3-ubyte` and a `labels-idx1-ubyte` file; what is no digit has no
 * label there and is left out.
 */
export function toIdx(drawings: readonly LabelledDrawing[]): {
  readonly images: Uint8Array<ArrayBuffer>;
  readonly labels: Uint8Array<ArrayBuffer>;
} {
  const digits = drawings.flatMap(({ truth, pixels }) => (truth === null ? [] : [{ truth, pixels }]));
  const images = idx(digits.length, SIDE, SIDE);
  const labels = idx(digits.length);
  digits.forEach(({ truth, pixels }, i) => {
    images.body.set(pixels, i * SIDE * SIDE);
    labels.body[i] = truth;
  });
  return { images: images.file, labels: labels.file };
}

/** An IDX file of bytes of that shape: its header written, its body to be filled. */
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
