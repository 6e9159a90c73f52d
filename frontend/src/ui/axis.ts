/** Axes of a chart. */

export interface Axis {
  readonly title: string;
  readonly low: number;
  readonly high: number;
  /** Logarithmic scale; requires `low` > 0. */
  readonly log?: boolean;
  readonly ticks: readonly number[];
  readonly format: (value: number) => string;
}

/** Return the position of a value on the axis: 0 at `low`, 1 at `high`. */
export function axisPosition(
  { low, high, log = false }: Pick<Axis, "low" | "high" | "log">,
  value: number,
): number {
  const scaled = log ? Math.log : (x: number) => x;
  return (scaled(value) - scaled(low)) / (scaled(high) - scaled(low));
}

/** Return at most `maxTicks` round values from `low` to `high`, spaced by 1, 2 or 5 times a power of ten. */
export function linearTicks(low: number, high: number, maxTicks = 6): number[] {
  const minStep = (high - low) / (maxTicks - 1);
  const power = 10 ** Math.floor(Math.log10(minStep));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= minStep * (1 - 1e-9)) ?? 10) * power;
  const ticks: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) {
    ticks.push(Number((i * step).toPrecision(12)));
  }
  return ticks;
}

/**
 * Return 1, 2 and 5 times the powers of ten from `low` to `high`. If these are more than `maxTicks`, 1 and 3 times, or the
 * powers alone; if these are still too many, no values.
 */
export function logTicks(low: number, high: number, maxTicks = 6): number[] {
  const powers = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    powers.push(power);
  for (const factors of [[1, 2, 5], [1, 3], [1]]) {
    const ticks = powers
      .flatMap((power) => factors.map((factor) => Number(`${factor}e${power}`)))
      .filter((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9));
    if (ticks.length <= maxTicks) return ticks;
  }
  return [];
}

/** Return a round number slightly below the smallest share, as the start of an axis. */
export function axisStart(shares: readonly number[]): number {
  const minimum = Math.min(...shares);
  const step = [0.005, 0.01, 0.02, 0.05, 0.1].find((each) => (1 - minimum) / each <= 8) ?? 0.2;
  return Math.max(0, Number((Math.floor(minimum / step - 1e-9) * step).toFixed(6)));
}
