/** Example drawings: common shapes of the digits, and a few drawings that are not digits. */

import { CANVAS_SIZE, type Point, type Stroke } from "@/lib/ink/strokes";

type Corner = readonly [x: number, y: number];

/** Interpolated points per pair of control points. */
const STEPS = 6;

export interface Example {
  /** Key of its name in `inputText`. */
  readonly key: ExampleKey;
  /** In canvas units. */
  readonly strokes: readonly Stroke[];
}

export type ExampleKey = keyof typeof SHAPES;

/** Control points in a box of 100 × 100, x to the right, y down. */
const SHAPES = {
  slashedZero: [
    curve([54, 8], [34, 16], [25, 48], [32, 82], [50, 92], [68, 82], [75, 50], [68, 18], [50, 8]),
    line([76, 12], [24, 90]),
  ],
  flaggedOne: [line([28, 34], [54, 10], [54, 90]), line([34, 90], [76, 90])],
  loopedTwo: [
    curve(
      [26, 30],
      [38, 11],
      [62, 13],
      [68, 32],
      [52, 58],
      [30, 82],
      [26, 90],
      [36, 78],
      [50, 84],
      [66, 91],
      [80, 82],
    ),
  ],
  flatThree: [
    line([27, 12], [70, 12], [47, 42]),
    curve([47, 42], [70, 48], [74, 70], [58, 90], [34, 88], [24, 76]),
  ],
  openFour: [line([36, 12], [26, 58], [78, 58]), line([66, 16], [60, 92])],
  closedFour: [line([72, 64], [20, 64], [58, 10], [58, 92])],
  fiveInTwo: [
    curve([34, 14], [32, 30], [30, 44], [42, 40], [62, 44], [72, 62], [62, 84], [42, 91], [26, 82]),
    line([34, 13], [74, 11]),
  ],
  curledSix: [
    curve([66, 14], [48, 12], [32, 34], [27, 64], [38, 88], [60, 90], [70, 72], [62, 56], [44, 56], [30, 70]),
  ],
  crossedSeven: [line([24, 15], [74, 13], [44, 91]), line([34, 53], [68, 49])],
  serifSeven: [line([24, 28], [25, 14], [74, 13]), curve([74, 13], [58, 38], [48, 64], [45, 92])],
  snowmanEight: [
    curve([50, 46], [35, 38], [34, 18], [50, 9], [66, 18], [65, 38], [50, 46]),
    curve([50, 46], [30, 58], [30, 82], [50, 92], [71, 82], [70, 58], [50, 46]),
  ],
  curledNine: [
    curve(
      [68, 22],
      [50, 10],
      [32, 24],
      [36, 46],
      [54, 48],
      [68, 30],
      [70, 20],
      [70, 50],
      [66, 82],
      [48, 92],
      [30, 84],
    ),
  ],
  number: [
    line([14, 34], [6, 58], [32, 58]),
    line([26, 38], [24, 74]),
    curve([48, 44], [56, 33], [67, 37], [68, 48], [58, 60], [46, 73], [58, 72], [72, 73]),
  ],
  heart: [
    curve(
      [50, 34],
      [40, 16],
      [20, 18],
      [15, 40],
      [28, 64],
      [50, 90],
      [72, 64],
      [85, 40],
      [80, 18],
      [60, 16],
      [50, 34],
    ),
  ],
  letter: [line([20, 90], [50, 10], [80, 90]), line([32, 60], [68, 60])],
  star: [line([50, 8], [74, 88], [12, 38], [88, 38], [26, 88], [50, 8])],
} as const satisfies Readonly<Record<string, readonly (readonly Corner[])[]>>;

export const EXAMPLES: readonly Example[] = Object.entries(SHAPES).map(([key, strokes]) => ({
  key: key as ExampleKey,
  strokes: strokes.map((stroke) => stroke.map(toCanvas)),
}));

function toCanvas([x, y]: Corner): Point {
  const side = 0.86 * CANVAS_SIZE.height;
  return {
    x: (CANVAS_SIZE.width - side) / 2 + (x / 100) * side,
    y: (CANVAS_SIZE.height - side) / 2 + (y / 100) * side,
  };
}

/** Straight lines through the points. */
function line(...corners: Corner[]): readonly Corner[] {
  return interpolate(corners, ([ax, ay], [bx, by], t) => [ax + (bx - ax) * t, ay + (by - ay) * t]);
}

/** A smooth curve through the points (Catmull-Rom). */
function curve(...points: Corner[]): readonly Corner[] {
  return interpolate(points, (from, to, t, i) => {
    const [before, after] = [points[i - 1] ?? from, points[i + 2] ?? to];
    const along = (axis: 0 | 1) => {
      const [a, b, c, d] = [before[axis], from[axis], to[axis], after[axis]];
      return (
        b + ((c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - 3 * c + d - a) * t * t * t) / 2
      );
    };
    return [along(0), along(1)];
  });
}

function interpolate(
  points: readonly Corner[],
  at: (from: Corner, to: Corner, t: number, i: number) => Corner,
): readonly Corner[] {
  const path = points.slice(0, -1).flatMap((from, i) => {
    const to = points[i + 1] ?? from;
    return Array.from({ length: STEPS }, (_, step) => at(from, to, step / STEPS, i));
  });
  return [...path, ...points.slice(-1)];
}
