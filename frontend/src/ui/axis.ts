/** From numbers to places on a chart. */

export interface Axis {
  readonly title: string;
  readonly low: number;
  readonly high: number;
  /** Equal steps are equal factors; `low` must then be above 0. */
  readonly log?: boolean;
  readonly ticks: readonly number[];
  readonly format: (value: number) => string;
}

/** Where a value lies between the axis' ends, 0…1 for what is on it. */
export function place({ low, high, log = false }: Pick<Axis, "low" | "high" | "log">, value: number): number {
  const scaled = log ? Math.log : (x: number) => x;
  return (scaled(value) - scaled(low)) / (scaled(high) - scaled(low));
}

/** Round values, 1, 2 or 5 times a power of ten apart: at most `most` of them from `low` to `high`. */
export function linearTicks(low: number, high: number, most = 6): number[] {
  const least = (high - low) / (most - 1);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= least * (1 - 1e-9)) ?? 10) * power;
  const ticks: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) {
    ticks.push(Number((i * step).toPrecision(12)));
  }
  return ticks;
}

/** 1, 2 and 5 times powers of ten from `low` to `high`, or the powers alone where those are more than `most`. */
export function logTicks(low: number, high: number, most = 6): number[] {
  const powers = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    powers.push(power);
  for (const factors of [[1, 2, 5], [1, 3], [1]]) {
    const ticks = powers
      .flatMap((power) => factors.map((factor) => Number(`${factor}e${power}`)))
      .filter((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9));
    if (ticks.length <= most) return ticks;
  }
  return [];
}

/** A round number a little below the least of some shares, for a scale that does not begin at 0. */
export function floorOf(shares: readonly number[]): number {
  const least = Math.min(...shares);
  const step = [0.005, 0.01, 0.02, 0.05, 0.1].find((each) => (1 - least) / each <= 8) ?? 0.2;
  return Math.max(0, Number((Math.floor(least / step - 1e-9) * step).toFixed(6)));
}
