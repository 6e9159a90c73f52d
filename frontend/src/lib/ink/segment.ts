/**
 * Strokes → the digits of a number, from left to right.
 *
 * Where strokes lie one above the other they belong together: the bar of a 5, the cross of a 7. Where there is much
 * paper between them they don't. In between, as in a 4 of two strokes or digits that almost touch, geometry has an
 * opinion and the network decides: whichever division reads best as digits.
 *
 * Lengths are in heights of the tallest stroke, so that it does not matter how large one writes.
 */

import type { Stroke } from "./strokes";

/** Indices of the strokes that make up one digit, ascending. */
export type Group = readonly number[];

/** Strokes whose horizontal extents share this much of the narrower one's are of one digit. */
const SURELY_ONE = 0.5;

/** Paper of this width between strokes surely parts two digits. */
const SURELY_TWO = 0.3;

/** Strokes have some width even when they are vertical. */
const PEN = 0.08;

/** What a cut is worth, in the natural logarithms that `judge` reckons in, for each height of paper that it crosses. */
const CUT_SLOPE = 25;
/** Width of paper at which geometry is of two minds. */
const CUT_MIDDLE = 0.04;

/** No digit has more parts. */
const MOST_PARTS = 4;

/** More strokes are hatching or a picture: no number is written with so many, and each would be one more image to read. */
const MOST_STROKES = 48;

/** Horizontal extent. */
interface Span {
  readonly left: number;
  readonly right: number;
}

interface Part extends Span {
  readonly strokes: Group;
}

/**
 * @param judge - How well each group reads as one digit: the natural logarithm of a probability. Asked once.
 * @returns Every stroke once, all in one group where they are too many for a number; no group for no stroke.
 */
export function segment(
  strokes: readonly Stroke[],
  judge: (groups: readonly Group[]) => readonly number[],
): Group[] {
  if (strokes.length > MOST_STROKES) {
    const all: Group = [...strokes.keys()];
    judge([all]);
    return [all];
  }
  const runs = runsOf(partsOf(strokes));
  const scores = judge(runs.map(({ group }) => group));

  // best[i]: the best division of the first i parts.
  const best: { readonly score: number; readonly groups: readonly Group[] }[] = [{ score: 0, groups: [] }];
  runs.forEach(({ from, to, group, cut }, i) => {
    const before = best[from];
    if (before === undefined) return;
    const score = before.score + (scores[i] ?? 0) + cut;
    if (score > (best[to]?.score ?? -Infinity)) best[to] = { score, groups: [...before.groups, group] };
  });
  return [...(best.at(-1)?.groups ?? [])];
}

/** Strokes that surely belong together, from left to right; in heights of the tallest. */
function partsOf(strokes: readonly Stroke[]): Part[] {
  const extents = strokes.map((stroke) => {
    const [xs, ys] = [stroke.map(({ x }) => x), stroke.map(({ y }) => y)];
    return { left: least(xs), right: most(xs), height: most(ys) - least(ys) };
  });
  const unit = most(extents.map(({ left, right, height }) => Math.max(height, (right - left) / 2))) || 1;
  let parts = extents.map(({ left, right }, i): Part => ({
    left: left / unit,
    right: right / unit,
    strokes: [i],
  }));
  for (;;) {
    const pair = firstPair(parts, (a, b) => sharedWidth(a, b) >= SURELY_ONE);
    if (pair === null) break;
    const [a, b] = pair;
    parts = [...parts.filter((part) => part !== a && part !== b), join([a, b])];
  }
  return parts.toSorted((a, b) => a.left + a.right - (b.left + b.right));
}

/** One or more neighbouring parts that may be a digit: `parts[from]` to before `parts[to]`. */
interface Run {
  readonly from: number;
  readonly to: number;
  readonly group: Group;
  /** What cutting it off from what stands before it is worth. */
  readonly cut: number;
}

/** All that may be a digit, ordered by where they end. */
function runsOf(parts: readonly Part[]): Run[] {
  // The paper to the left of each part; below 0 where it reaches under or over what stands before it.
  const gaps = parts.map(({ left }, i) => left - most(parts.slice(0, i).map(({ right }) => right)));
  const runs: Run[] = [];
  for (let to = 1; to <= parts.length; to++) {
    for (let from = to - 1; from >= Math.max(0, to - MOST_PARTS); from--) {
      if (from < to - 1 && (gaps[from + 1] ?? 0) > SURELY_TWO) break;
      const cut = from === 0 ? 0 : CUT_SLOPE * (Math.min(gaps[from] ?? 0, SURELY_TWO) - CUT_MIDDLE);
      runs.push({ from, to, group: join(parts.slice(from, to)).strokes, cut });
    }
  }
  return runs;
}

/** Share of the narrower one's width, pen included, that the other one shares. */
function sharedWidth(a: Span, b: Span): number {
  const shared = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  return shared < 0 ? 0 : (shared + PEN) / (Math.min(a.right - a.left, b.right - b.left) + PEN);
}

function join(parts: readonly Part[]): Part {
  return {
    left: least(parts.map(({ left }) => left)),
    right: most(parts.map(({ right }) => right)),
    strokes: parts.flatMap(({ strokes }) => strokes).toSorted((a, b) => a - b),
  };
}

function firstPair<T>(items: readonly T[], fits: (a: T, b: T) => boolean): [T, T] | null {
  for (const [i, a] of items.entries()) {
    for (const b of items.slice(i + 1)) if (fits(a, b)) return [a, b];
  }
  return null;
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Infinity);
}

function most(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), -Infinity);
}
