/** Descriptive statistics. */

export interface MeanAndDeviation {
  /** Number of values. */
  readonly n: number;
  readonly mean: number;
  /** Sample standard deviation (divided by n − 1). */
  readonly deviation: number;
}

/** Return the mean and the standard deviation, or null for fewer than two values. */
export function meanAndDeviation(values: readonly number[]): MeanAndDeviation | null {
  const n = values.length;
  if (n < 2) return null;
  const mean = values.reduce((sum, value) => sum + value) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { n, mean, deviation: Math.sqrt(squares / (n - 1)) };
}

/**
 * The `p`-quantile by the nearest-rank method.
 *
 * @param values - At least one, in any order.
 * @param p - Above 0, at most 1.
 */
export function quantile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? NaN;
}

/**
 * 95 % confidence interval of a proportion: the score interval of Wilson (1927).
 *
 * @param proportion - The observed proportion, 0…1.
 * @param n - The sample size, at least 1.
 * @returns The limits, 0…1.
 */
export function wilsonInterval(proportion: number, n: number): readonly [low: number, high: number] {
  const z2 = 1.96 ** 2;
  const centre = (proportion + z2 / (2 * n)) / (1 + z2 / n);
  const halfWidth = Math.sqrt(z2 * ((proportion * (1 - proportion)) / n + z2 / (4 * n * n))) / (1 + z2 / n);
  return [Math.max(0, centre - halfWidth), Math.min(1, centre + halfWidth)];
}
