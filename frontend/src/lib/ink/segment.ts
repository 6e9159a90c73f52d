/**
 * Strokes → the digits of a number, from left to right.
 *
 * Strokes that overlap horizontally belong to one digit (the bar of a 5, the cross of a 7). Strokes with a wide gap between
 * them belong to two. For everything in between (an open 4, digits that almost touch), the division with the highest sum of
 * the model's scores and of scores for the gaps is chosen by dynamic programming.
 *
 * Lengths are in units of the tallest stroke's height, so the result does not depend on the size of the writing.
 */

import type { Stroke } from "./strokes";

/** Indices of the strokes that make up one digit, ascending. */
export type Group = readonly number[];

/** Strokes that overlap by at least this share of the narrower one's width belong to one digit. */
const SURELY_ONE = 0.5;

/** Strokes with a gap of at least this width belong to two digits. */
const SURELY_TWO = 0.3;

/** Added to widths, as a vertical stroke has none. */
const PEN = 0.08;

/** Score of a cut per unit of gap width, as a natural logarithm like the scores of `judge`. */
const CUT_SLOPE = 25;
/** Gap width at which the score of a cut is 0. */
const CUT_MIDDLE = 0.04;

/** Maximum number of parts of a digit. */
const MOST_PARTS = 4;

/** More strokes are treated as one group: they are no number, and each candidate costs an inference. */
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
 * Group strokes into digits.
 *
 * @param strokes - Each with at least one point.
 * @param judge - Returns a finite score for each candidate group: the natural logarithm of the probability that it is one
 *   digit. Called once.
 * @returns Groups from left to right that contain every stroke exactly once; a single group for more than 48 strokes.
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

/** Merge strokes that overlap; from left to right, in units of the tallest stroke's height. */
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

/** A candidate for a digit: the neighbouring parts `parts[from]` up to, but not including, `parts[to]`. */
interface Run {
  readonly from: number;
  readonly to: number;
  readonly group: Group;
  /** Score of the cut before it. */
  readonly cut: number;
}

/** All candidates, ordered by their ends. */
function runsOf(parts: readonly Part[]): Run[] {
  // Gap to the left of each part; negative if it overlaps an earlier part.
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

/** Horizontal overlap as a share of the narrower width, pen included. */
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
