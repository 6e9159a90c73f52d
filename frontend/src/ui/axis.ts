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

/** The position of a value on the axis: 0 at `low`, 1 at `high`. */
export function shareOfAxis(
  { low, high, log = false }: Pick<Axis, "low" | "high" | "log">,
  value: number,
): number {
  const scaled = log ? Math.log : (x: number) => x;
  return (scaled(value) - scaled(low)) / (scaled(high) - scaled(low));
}

/** Round values, 1, 2 or 5 times a power of ten apart: at most `maxTicks` of them from `low` to `high`. */
export function linearTicks(low: number, high: number, maxTicks = 6): number[] {
  const least = (high - low) / (maxTicks - 1);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= least * (1 - 1e-9)) ?? 10) * power;
  const ticks: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) {
    ticks.push(Number((i * step).toPrecision(12)));
  }
  return ticks;
}

/** 1, 2 and 5 times powers of ten from `low` to `high`, with fewer factors if there are more than `maxTicks`. */
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

/** A round number slightly below the smallest share, as the start of a scale. */
export function floorOf(shares: readonly number[]): number {
  const least = Math.min(...shares);
  const step = [0.005, 0.01, 0.02, 0.05, 0.1].find((each) => (1 - least) / each <= 8) ?? 0.2;
  return Math.max(0, Number((Math.floor(least / step - 1e-9) * step).toFixed(6)));
}
