/** Descriptive statistics. */

export interface Mean {
  readonly n: number;
  readonly mean: number;
  /** Standard deviation of the sample (n − 1). */
  readonly deviation: number;
}

/** Mean and standard deviation; null for fewer than two values. */
export function meanOf(values: readonly number[]): Mean | null {
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
export function percentile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? NaN;
}

/**
 * 95 % confidence interval of a proportion, 0…1 (Wilson's score interval, 1927).
 *
 * @param share - The observed proportion, 0…1.
 * @param n - The sample size, at least 1.
 */
export function shareInterval(share: number, n: number): readonly [low: number, high: number] {
  const z2 = 1.96 ** 2;
  const middle = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = Math.sqrt(z2 * ((share * (1 - share)) / n + z2 / (4 * n * n))) / (1 + z2 / n);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
