import { seededRandom } from "@/lib/image/testing/syntheticPhotograph";
import type { Stroke } from "@/lib/ink/strokes";
import type { Sample } from "./strokes";

/** How numbers are composed of single digits. Lengths are in units of the median height of the writer's digits. */
export const COMPOSITION = {
  /** Each digit keeps its size, times a log-normal factor (standard deviation of the logarithm). */
  size: 0.1,
  /** Vertical offset of a digit from the baseline (standard deviation). */
  baseline: 0.08,
  /** Gap between the ink of two digits, uniform from the first to the second value. */
  gap: [0.05, 0.5],
} as const;

export interface ComposedNumber {
  readonly digits: readonly { readonly label: number; readonly strokes: readonly number[] }[];
  readonly strokes: readonly Stroke[];
}

/**
 * `count` numbers of `length` digits each. All digits of a number are by one writer, and all writers have about the same
 * share of the numbers. The same seed gives the same numbers.
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
    const own = writers[i % writers.length] ?? [];
    const chosen = Array.from({ length }, () => own[Math.floor(random() * own.length)]).filter(
      (sample) => sample !== undefined,
    );
    return compose(chosen, median(own.map((sample) => extent(sample.strokes).height)), random);
  });
}

function compose(samples: readonly Sample[], height: number, random: () => number): ComposedNumber {
  let x = 0;
  const strokes: Stroke[] = [];
  const digits = samples.map((sample, i) => {
    const { left, width, bottom } = extent(sample.strokes);
    const scale = Math.exp(COMPOSITION.size * normal(random)) / height;
    const [least, most] = COMPOSITION.gap;
    if (i > 0) x += least + (most - least) * random();
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

function extent(strokes: readonly Stroke[]) {
  const points = strokes.flat();
  const [left, top] = [Math.min(...points.map(({ x }) => x)), Math.min(...points.map(({ y }) => y))];
  const [right, bottom] = [Math.max(...points.map(({ x }) => x)), Math.max(...points.map(({ y }) => y))];
  return { left, bottom, width: right - left, height: bottom - top };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
