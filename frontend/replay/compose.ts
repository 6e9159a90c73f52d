import { seededRandom } from "@/lib/image/testing/syntheticPhotograph";
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

export interface ComposedNumber {
  /** The label of each digit and the indices of its strokes, from left to right. */
  readonly digits: readonly { readonly label: number; readonly strokes: readonly number[] }[];
  readonly strokes: readonly Stroke[];
}

/**
 * Compose `count` numbers of `length` digits each. All digits of a number are by one writer, and each writer contributes
 * about the same number of numbers. The same seed gives the same numbers.
 */
export function composeNumbers(
  samples: readonly Sample[],
  length: number,
  count: number,
  seed: number,
): ComposedNumber[] {
  const random = seededRandom(seed);
  const ids = [...new Set(samples.map(({ writer }) => writer))];
  const writers = ids.map((id) => samples.filter(({ writer }) => writer === id));
  return Array.from({ length: count }, (_, i) => {
    const candidates = writers[i % writers.length] ?? [];
    const chosen = Array.from({ length }, () => candidates[Math.floor(random() * candidates.length)]).filter(
      (sample) => sample !== undefined,
    );
    return compose(chosen, median(candidates.map((sample) => boundingBox(sample.strokes).height)), random);
  });
}

/** @param height - The height that is scaled to 1. */
function compose(samples: readonly Sample[], height: number, random: () => number): ComposedNumber {
  let x = 0;
  const strokes: Stroke[] = [];
  const digits = samples.map((sample, i) => {
    const { left, width, bottom } = boundingBox(sample.strokes);
    const scale = Math.exp(COMPOSITION.size * normal(random)) / height;
    const [minGap, maxGap] = COMPOSITION.gap;
    if (i > 0) x += minGap + (maxGap - minGap) * random();
    const dx = x - left * scale;
    const dy = COMPOSITION.baseline * normal(random) - bottom * scale;
    const first = strokes.length;
    for (const stroke of sample.strokes) {
      strokes.push(stroke.map((point) => ({ x: point.x * scale + dx, y: point.y * scale + dy })));
    }
    x += width * scale;
    return { label: sample.label, strokes: sample.strokes.map((_, k) => first + k) };
  });
  return { digits, strokes };
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
