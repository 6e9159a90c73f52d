/** Common shapes of the digits, drawn by hand for tests in a box of 100 × 100 (x right, y down). */

export type Point = readonly [x: number, y: number];
export type Stroke = readonly Point[];

/** Straight lines through the points. */
function line(...corners: Point[]): Stroke {
  return between(corners, ([ax, ay], [bx, by], t) => [ax + (bx - ax) * t, ay + (by - ay) * t]);
}

/** A smooth curve (Catmull-Rom) through the points. */
function curve(...points: Point[]): Stroke {
  const mix = (a: number, b: number, c: number, d: number, t: number) =>
    (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - 3 * c + d - a) * t * t * t) / 2;
  return between(points, (from, to, t, i) => {
    const before = points[i - 1] ?? from;
    const after = points[i + 2] ?? to;
    return [mix(before[0], from[0], to[0], after[0], t), mix(before[1], from[1], to[1], after[1], t)];
  });
}

function between(points: Point[], at: (from: Point, to: Point, t: number, i: number) => Point): Stroke {
  const STEPS = 5;
  const path = points.slice(0, -1).flatMap((from, i) => {
    const to = points[i + 1] ?? from;
    return Array.from({ length: STEPS }, (_, step) => at(from, to, step / STEPS, i));
  });
  return [...path, ...points.slice(-1)];
}

interface Shape {
  readonly name: string;
  readonly strokes: readonly Stroke[];
}

const OVAL = curve([50, 10], [30, 22], [24, 50], [31, 78], [50, 90], [69, 78], [76, 50], [70, 22], [52, 10]);

export const SHAPES: Readonly<Record<string, readonly Shape[]>> = {
  0: [
    { name: "plain", strokes: [OVAL] },
    { name: "slashed", strokes: [OVAL, line([70, 16], [30, 84])] },
    {
      name: "narrow and leaning",
      strokes: [
        curve([60, 10], [42, 24], [33, 52], [34, 80], [46, 90], [60, 76], [68, 48], [68, 22], [58, 11]),
      ],
    },
    {
      name: "open at the top, overlapping",
      strokes: [
        curve(
          [62, 16],
          [44, 10],
          [26, 30],
          [22, 58],
          [34, 84],
          [56, 88],
          [74, 68],
          [76, 36],
          [64, 16],
          [50, 14],
        ),
      ],
    },
  ],
  1: [
    { name: "a stick", strokes: [line([50, 8], [50, 92])] },
    { name: "leaning", strokes: [line([60, 8], [42, 92])] },
    { name: "flagged", strokes: [line([34, 30], [54, 8], [54, 92])] },
    { name: "flagged and footed", strokes: [line([36, 28], [52, 8], [52, 92]), line([32, 92], [72, 92])] },
  ],
  2: [
    {
      name: "with a flat foot",
      strokes: [
        [
          ...curve([28, 30], [36, 14], [54, 9], [70, 20], [70, 38], [54, 60], [28, 88]),
          ...line([28, 88], [76, 88]),
        ],
      ],
    },
    {
      name: "looped",
      strokes: [
        curve(
          [28, 28],
          [42, 10],
          [62, 12],
          [70, 30],
          [60, 54],
          [42, 76],
          [28, 86],
          [22, 78],
          [32, 70],
          [48, 80],
          [64, 88],
          [78, 80],
        ),
      ],
    },
    { name: "angular", strokes: [line([26, 22], [44, 10], [68, 14], [70, 34], [26, 90], [76, 88])] },
  ],
  3: [
    {
      name: "two round bowls",
      strokes: [
        curve(
          [28, 20],
          [44, 9],
          [64, 14],
          [68, 30],
          [58, 43],
          [44, 47],
          [60, 50],
          [74, 64],
          [70, 82],
          [50, 91],
          [26, 82],
        ),
      ],
    },
    {
      name: "with a flat top",
      strokes: [
        [
          ...line([28, 12], [70, 12], [46, 42]),
          ...curve([46, 42], [64, 46], [74, 62], [68, 82], [48, 91], [28, 84]),
        ],
      ],
    },
    {
      name: "with a looped waist",
      strokes: [
        curve(
          [30, 16],
          [52, 8],
          [68, 20],
          [62, 38],
          [46, 48],
          [38, 44],
          [46, 40],
          [62, 50],
          [72, 68],
          [60, 86],
          [40, 92],
          [24, 82],
        ),
      ],
    },
  ],
  4: [
    { name: "open", strokes: [line([32, 10], [26, 54], [76, 54]), line([64, 14], [62, 92])] },
    { name: "closed", strokes: [line([66, 92], [66, 8], [20, 64], [82, 64])] },
    {
      name: "open, with a leaning stem",
      strokes: [line([38, 12], [22, 58], [74, 52]), line([66, 10], [54, 92])],
    },
  ],
  5: [
    {
      name: "with its bar apart",
      strokes: [
        [...line([34, 12], [31, 44]), ...curve([31, 44], [50, 38], [70, 48], [73, 68], [58, 87], [30, 86])],
        line([34, 12], [74, 11]),
      ],
    },
    {
      name: "in one stroke",
      strokes: [
        [
          ...line([72, 11], [36, 12], [32, 46]),
          ...curve([32, 46], [50, 39], [70, 50], [72, 70], [56, 88], [30, 84]),
        ],
      ],
    },
    {
      name: "like an S",
      strokes: [
        curve(
          [72, 13],
          [54, 12],
          [38, 18],
          [35, 34],
          [44, 45],
          [60, 53],
          [70, 66],
          [64, 84],
          [46, 91],
          [28, 84],
        ),
      ],
    },
  ],
  6: [
    {
      name: "curled",
      strokes: [
        curve(
          [66, 10],
          [46, 24],
          [32, 46],
          [28, 68],
          [36, 86],
          [54, 91],
          [68, 80],
          [68, 64],
          [54, 56],
          [38, 62],
          [30, 74],
        ),
      ],
    },
    {
      name: "with a straight stem",
      strokes: [
        [
          ...line([44, 8], [30, 64]),
          ...curve([30, 64], [32, 84], [48, 92], [64, 84], [66, 68], [54, 58], [40, 62], [31, 72]),
        ],
      ],
    },
    {
      name: "with a large loop",
      strokes: [
        curve(
          [70, 12],
          [48, 14],
          [30, 34],
          [24, 60],
          [32, 84],
          [54, 92],
          [74, 80],
          [74, 58],
          [56, 46],
          [36, 54],
          [27, 68],
        ),
      ],
    },
  ],
  7: [
    { name: "plain", strokes: [line([24, 12], [76, 12], [44, 92])] },
    { name: "crossed", strokes: [line([24, 14], [76, 12], [46, 92]), line([36, 52], [74, 50])] },
    { name: "with a serif", strokes: [line([26, 28], [26, 12], [76, 12], [48, 92])] },
    {
      name: "bent",
      strokes: [[...line([24, 14], [74, 12]), ...curve([74, 12], [62, 36], [50, 60], [46, 92])]],
    },
  ],
  8: [
    {
      name: "in one stroke",
      strokes: [
        curve(
          [66, 20],
          [50, 9],
          [34, 18],
          [36, 36],
          [50, 48],
          [66, 62],
          [68, 80],
          [50, 91],
          [32, 80],
          [34, 62],
          [50, 48],
          [64, 34],
          [66, 20],
        ),
      ],
    },
    {
      name: "of two rings",
      strokes: [
        curve([50, 9], [35, 16], [33, 32], [50, 44], [67, 32], [65, 16], [50, 9]),
        curve([50, 44], [32, 54], [28, 74], [50, 91], [72, 74], [68, 54], [50, 44]),
      ],
    },
    {
      name: "started in the middle",
      strokes: [
        curve(
          [50, 47],
          [36, 34],
          [38, 16],
          [54, 9],
          [66, 20],
          [62, 36],
          [48, 48],
          [34, 62],
          [32, 80],
          [48, 91],
          [66, 82],
          [66, 64],
          [50, 47],
        ),
      ],
    },
  ],
  9: [
    {
      name: "with a straight stem",
      strokes: [
        [
          ...curve([68, 22], [54, 9], [36, 16], [32, 36], [44, 50], [60, 44], [68, 24]),
          ...line([68, 24], [66, 92]),
        ],
      ],
    },
    {
      name: "curled",
      strokes: [
        curve(
          [68, 26],
          [56, 10],
          [38, 14],
          [32, 32],
          [42, 48],
          [58, 46],
          [68, 28],
          [70, 52],
          [64, 78],
          [48, 91],
          [30, 84],
        ),
      ],
    },
    {
      name: "of a ring and a stroke",
      strokes: [
        curve([50, 10], [35, 20], [34, 38], [48, 48], [64, 40], [66, 22], [52, 10]),
        line([66, 22], [56, 92]),
      ],
    },
  ],
};

/**
 * The strokes of digits side by side, as large as possible.
 *
 * @param shapes - Index of each digit's shape; 0 by default.
 */
export function number(digits: string, shapes: Readonly<Record<number, number>> = {}): Stroke[] {
  const pitch = Math.min(70, 140 / digits.length);
  const scale = pitch / 80;
  return [...digits].map(Number).flatMap((digit, i) => {
    const dx = (i - (digits.length - 1) / 2) * pitch;
    const place = ([x, y]: Point): Point => [50 + dx + (x - 50) * scale, 50 + (y - 50) * scale];
    return (SHAPES[digit]?.[shapes[digit] ?? 0]?.strokes ?? []).map((stroke) => stroke.map(place));
  });
}
