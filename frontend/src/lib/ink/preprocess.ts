/**
 * Converts ink to a 28×28 image by the procedure of MNIST (LeCun et al., 1998). Twin of `ml/ink/preprocess.py`.
 *
 * `docs/architecture.md` describes the steps. The golden vectors in `tests/golden/ink.json` keep the twins within 1/255 of
 * each other. Only +, −, ×, ÷ and sqrt are used; IEEE 754 defines their rounding.
 */

import type { Point, Stroke } from "./strokes";

/** Side of the model's input, pixels. */
export const SIDE = 28;

/** Long side of MNIST's ink, pixels. */
const BOX = 20;

/** Pen diameter in pixels of the 28×28 image; MNIST's lines are about as thick. */
export const PEN = 2.2;

/** Raster pixels for each of the 20 pixels of the box. */
const DETAIL = 8;

/** Added before rounding down. Without it, rounding errors could move a symmetric digit by a pixel. */
const SNAP = 1e-6;

/** Ink in [0, 1], row by row; 0 is background, 1 is full ink. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly ink: Float64Array;
}

/**
 * Draw strokes as a 28×28 image like those of MNIST.
 *
 * @param pen - Pen diameter in pixels of the 28×28 image, above 0 and below 20.
 * @returns 784 pixels of 0…255, row by row; 255 is full ink. All zeros if there is no point.
 */
export function pixelsFromStrokes(strokes: readonly Stroke[], pen: number = PEN): Uint8Array<ArrayBuffer> {
  return normalize(draw(strokes, pen));
}

/**
 * Rasterize strokes with a round pen, scaled so that the long side of the ink is 160 raster pixels.
 *
 * @param pen - Pen diameter in pixels of the 28×28 image, above 0 and below 20.
 * @returns A raster without pixels if there is no point.
 */
export function draw(strokes: readonly Stroke[], pen: number = PEN): Raster {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const stroke of strokes) {
    for (const { x, y } of stroke) {
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  }
  if (left === Infinity) return { width: 0, height: 0, ink: new Float64Array() };

  const diameter = DETAIL * pen;
  const longSide = Math.max(right - left, bottom - top);
  const scale = longSide > 0 ? (DETAIL * BOX - diameter) / longSide : 1;
  const width = Math.ceil((right - left) * scale + diameter) + 2;
  const height = Math.ceil((bottom - top) * scale + diameter) + 2;
  const raster = { width, height, ink: new Float64Array(width * height) };

  const margin = diameter / 2 + 1;
  const place = ({ x, y }: Point): Point => ({
    x: (x - left) * scale + margin,
    y: (y - top) * scale + margin,
  });
  for (const stroke of strokes) {
    let start: Point | undefined;
    for (const point of stroke) {
      const end = place(point);
      // The first point is drawn as a dot because the stroke may have no other.
      drawSegment(raster, start ?? end, end, diameter / 2);
      start = end;
    }
  }
  return raster;
}

/** Draw one antialiased segment with round caps into the raster, in place: the maximum of both. */
function drawSegment({ width, height, ink }: Raster, start: Point, end: Point, radius: number): void {
  const reach = radius + 1;
  const left = Math.max(0, Math.floor(Math.min(start.x, end.x) - reach));
  const top = Math.max(0, Math.floor(Math.min(start.y, end.y) - reach));
  const right = Math.min(width, Math.ceil(Math.max(start.x, end.x) + reach));
  const bottom = Math.min(height, Math.ceil(Math.max(start.y, end.y) + reach));
  const dx = end.x - start.x;
  const dy = end.y - start.y;
  const length2 = dx * dx + dy * dy;

  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const px = column + 0.5 - start.x;
      const py = row + 0.5 - start.y;
      // Position along the segment, 0…1, of the point nearest to the pixel.
      const t = length2 > 0 ? clamp((px * dx + py * dy) / length2, 0, 1) : 0;
      const ex = px - t * dx;
      const ey = py - t * dy;
      const coverage = clamp(radius + 0.5 - Math.sqrt(ex * ex + ey * ey), 0, 1);
      const i = row * width + column;
      if (coverage > (ink[i] ?? 0)) ink[i] = coverage;
    }
  }
}

/**
 * Crop, resample and centre an ink raster by the published MNIST procedure (http://yann.lecun.com/exdb/mnist/).
 *
 * @returns 784 pixels of 0…255, row by row; all zeros if there is no ink.
 */
export function normalize(raster: Raster): Uint8Array<ArrayBuffer> {
  const image = new Uint8Array(SIDE * SIDE);
  const box = boundingBox(raster);
  if (box === null) return image;

  const small = resample(raster, box);
  const peak = small.reduce((a, b) => Math.max(a, b));
  let [total, rowMoment, columnMoment] = [0, 0, 0];
  small.forEach((value, i) => {
    total += value;
    rowMoment += value * (Math.floor(i / BOX) + 0.5);
    columnMoment += value * ((i % BOX) + 0.5);
  });

  const top = pasteAt(rowMoment / total);
  const left = pasteAt(columnMoment / total);
  small.forEach((value, i) => {
    const at = (top + Math.floor(i / BOX)) * SIDE + left + (i % BOX);
    image[at] = Math.floor(value * (255 / peak) + 0.5);
  });
  return image;
}

interface Box {
  readonly top: number;
  readonly left: number;
  readonly width: number;
  readonly height: number;
}

/** The bounding box of the pixels with ink; null if there are none. */
function boundingBox({ width, ink }: Raster): Box | null {
  let [left, top, right, bottom] = [Infinity, Infinity, -1, -1];
  ink.forEach((value, i) => {
    if (value <= 0) return;
    const [row, column] = [Math.floor(i / width), i % width];
    left = Math.min(left, column);
    right = Math.max(right, column);
    top = Math.min(top, row);
    bottom = Math.max(bottom, row);
  });
  return bottom < 0 ? null : { top, left, width: right - left + 1, height: bottom - top + 1 };
}

/** Resample the box, padded to a centred square, to 20×20 by area averaging. */
function resample(raster: Raster, box: Box): Float64Array {
  const side = Math.max(box.width, box.height);
  const rows = areaWeights(box.height, side);
  const columns = areaWeights(box.width, side);
  const small = new Float64Array(BOX * BOX);
  rows.forEach((rowCell, r) => {
    columns.forEach((columnCell, c) => {
      let sum = 0;
      for (const [y, rowWeight] of rowCell) {
        const start = (box.top + y) * raster.width + box.left;
        for (const [x, columnWeight] of columnCell) {
          sum += rowWeight * columnWeight * (raster.ink[start + x] ?? 0);
        }
      }
      small[r * BOX + c] = sum;
    });
  });
  return small;
}

/** For each of 20 cells, the pixels that it averages and their weights. `length` pixels are centred in `side` pixels. */
function areaWeights(length: number, side: number): [pixel: number, weight: number][][] {
  const cell = side / BOX;
  const offset = (side - length) / 2;
  return Array.from({ length: BOX }, (_, i) => {
    const [from, to] = [(i * side) / BOX - offset, ((i + 1) * side) / BOX - offset];
    const weights: [number, number][] = [];
    for (let pixel = Math.max(0, Math.floor(from)); pixel < Math.min(length, to); pixel++) {
      weights.push([pixel, (Math.min(to, pixel + 1) - Math.max(from, pixel)) / cell]);
    }
    return weights;
  });
}

/** The index at which the 20 pixels start among the 28, so that the centre of mass is in the middle. */
function pasteAt(centreOfMass: number): number {
  return clamp(Math.floor(SIDE / 2 + 1 - centreOfMass + SNAP), 0, SIDE - BOX);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
