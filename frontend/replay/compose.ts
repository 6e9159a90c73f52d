import { seededRandom } from "@/lib/image/testing/syntheticPhotograph";
import type { Sign } from "@/lib/ink/segment";
import type { Stroke } from "@/lib/ink/strokes";
import type { Sample } from "@/lib/ink/testing/penDigits";

/** Parameters of the composition. Lengths are in units of the median height of the writer's digits. */
export const COMPOSITION = {
  /** Standard deviation of the logarithm of the factor that scales each digit. */
  size: 0.1,
  /** Standard deviation of a digit's vertical offset from the baseline. */
  baseline: 0.08,
  /** Minimum and maximum of the uniformly distributed gap between two digits. */
  gap: [0.05, 0.5],
} as const;

/** Parameters of the signs, each the range of a uniform distribution, in the same units. */
export const SIGNS = {
  /** Width of a minus, and of a plus. */
  width: [0.25, 0.5],
  /** Height of the middle of a minus, and of a plus, as a share of the next digit's height. */
  middle: [0.4, 0.6],
  /** Slope of a minus, and of both strokes of a plus. */
  slope: [-0.12, 0.12],
  /** Gap between a minus or plus and the digit. */
  gap: [0.1, 0.4],
  /** Gap between a point or comma and the digits on both sides. */
  pointGap: [0.12, 0.3],
  /** Width and height of a point, and height of its top above the baseline. */
  point: [0, 0.06],
  /** Height of a comma, height of its top above the baseline, and width. */
  comma: [0.2, 0.35],
  commaTop: [0.05, 0.12],
  commaSlant: [0, 0.08],
} as const;

export interface ComposedNumber {
  /** The number with its signs. */
  readonly text: string;
  /** The label of each digit and the indices of its strokes, from left to right. */
  readonly digits: readonly { readonly label: number; readonly strokes: readonly number[] }[];
  readonly strokes: readonly Stroke[];
}

/**
 * Compose `count` numbers of `length` digits each. All digits of a number are by one writer, and each writer contributes
 * about the same number of numbers. The same seed gives the same numbers.
 *
 * @param signed - Whether each number has a minus or a plus, or a point or a comma between two digits, or both.
 */
export function composeNumbers(
  samples: readonly Sample[],
  length: number,
  count: number,
  seed: number,
  signed = false,
): ComposedNumber[] {
  const random = seededRandom(seed);
  const ids = [...new Set(samples.map(({ writer }) => writer))];
  const writers = ids.map((id) => samples.filter(({ writer }) => writer === id));
  return Array.from({ length: count }, (_, i) => {
    const candidates = writers[i % writers.length] ?? [];
    const chosen = Array.from({ length }, () => candidates[Math.floor(random() * candidates.length)]).filter(
      (sample) => sample !== undefined,
    );
    const height = median(candidates.map((sample) => boundingBox(sample.strokes).height));
    return compose(chosen, height, random, signed ? chooseSigns(length, random) : {});
  });
}

/** The signs before some digits, by the digit's index. */
type Signs = Readonly<Partial<Record<number, Sign>>>;

function chooseSigns(length: number, random: () => number): Signs {
  const choose = (...signs: Sign[]) => signs[Math.floor(random() * signs.length)] ?? "−";
  const kind = Math.floor(random() * 3);
  const point = 1 + Math.floor(random() * (length - 1));
  return {
    ...(kind !== 1 && { 0: choose("−", "−", "+") }),
    ...(kind !== 0 && { [point]: choose(".", ",") }),
  };
}

/** Random numbers of a uniform distribution. */
type Between = (range: readonly [number, number]) => number;

/**
 * The strokes of a sign before a digit.
 *
 * @param x - Its left edge.
 * @param baseline - The digit's lower edge.
 * @param height - The digit's height.
 */
function drawSign(sign: Sign, x: number, baseline: number, height: number, between: Between): Stroke[] {
  if (sign === ".") {
    const top = baseline - between(SIGNS.point);
    return [
      [
        { x, y: top },
        { x: x + between(SIGNS.point), y: top + between(SIGNS.point) },
      ],
    ];
  }
  if (sign === ",") {
    const [top, slant] = [baseline - between(SIGNS.commaTop), between(SIGNS.commaSlant)];
    return [
      [
        { x: x + slant, y: top },
        { x, y: top + between(SIGNS.comma) },
      ],
    ];
  }
  const half = between(SIGNS.width) / 2;
  const middle = baseline - height * between(SIGNS.middle);
  const [rise, slant] = [half * between(SIGNS.slope), half * between(SIGNS.slope)];
  const bar: Stroke = [
    { x, y: middle - rise },
    { x: x + 2 * half, y: middle + rise },
  ];
  const stem: Stroke = [
    { x: x + half - slant, y: middle - half },
    { x: x + half + slant, y: middle + half },
  ];
  return sign === "−" ? [bar] : [bar, stem];
}

/** @param height - The height that is scaled to 1. */
function compose(
  samples: readonly Sample[],
  height: number,
  random: () => number,
  signs: Signs,
): ComposedNumber {
  const between: Between = ([min, max]) => min + (max - min) * random();
  let x = 0;
  const strokes: Stroke[] = [];
  const digits = samples.map((sample, i) => {
    const sign = signs[i];
    const gap =
      sign === undefined ? COMPOSITION.gap : sign === "." || sign === "," ? SIGNS.pointGap : SIGNS.gap;
    const box = boundingBox(sample.strokes);
    const scale = Math.exp(COMPOSITION.size * normal(random)) / height;
    if (i > 0) x += between(gap);
    const baseline = COMPOSITION.baseline * normal(random);
    if (sign !== undefined) {
      const drawn = drawSign(sign, x, baseline, box.height * scale, between);
      strokes.push(...drawn);
      x = Math.max(...drawn.flat().map((point) => point.x)) + between(gap);
    }
    const [dx, dy] = [x - box.left * scale, baseline - box.bottom * scale];
    const first = strokes.length;
    for (const stroke of sample.strokes) {
      strokes.push(stroke.map((point) => ({ x: point.x * scale + dx, y: point.y * scale + dy })));
    }
    x += box.width * scale;
    return { label: sample.label, strokes: sample.strokes.map((_, k) => first + k) };
  });
  const text = samples.map(({ label }, i) => `${signs[i] ?? ""}${label}`).join("");
  return { text, digits, strokes };
}

function boundingBox(strokes: readonly Stroke[]) {
  const points = strokes.flat();
  const [left, top] = [Math.min(...points.map(({ x }) => x)), Math.min(...points.map(({ y }) => y))];
  const [right, bottom] = [Math.max(...points.map(({ x }) => x)), Math.max(...points.map(({ y }) => y))];
  return { left, bottom, width: right - left, height: bottom - top };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** A standard normal random number (Box–Muller transform). */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
