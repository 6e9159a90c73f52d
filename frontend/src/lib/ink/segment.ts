/**
 * Segmentation of strokes into digits.
 *
 * Strokes that overlap horizontally belong to one digit (the bar of a 5, the cross of a 7). Strokes that are separated by a
 * wide gap belong to two digits. Other cases are ambiguous (an open 4, digits that almost touch). For these, dynamic
 * programming finds the segmentation with the highest total score of its groups and of the gaps between them.
 *
 * Lengths are in units of the tallest stroke's height, so the result does not depend on the size of the writing.
 */

import type { Stroke } from "./strokes";

/** Indices of the strokes that make up one digit, ascending. */
export type Group = readonly number[];

/** Strokes that overlap by at least this share of the narrower stroke's width belong to one digit. */
const MIN_OVERLAP = 0.5;

/** Strokes that are separated by a wider gap belong to two digits. */
const MAX_GAP = 0.3;

/** Pen width. It is added to the widths of strokes, as a vertical line has width 0. */
const PEN_WIDTH = 0.08;

/** Increase of the log score of a cut per unit of gap width. */
const CUT_SLOPE = 25;
/** Gap width at which the log score of a cut is 0. */
const CUT_ZERO = 0.04;

/** Maximum number of parts (merged strokes) of a digit. */
const MAX_PARTS = 4;

/** Maximum number of strokes to segment. More form a single group, because each candidate needs an inference. */
const MAX_STROKES = 48;

/** A horizontal extent. */
interface Span {
  readonly left: number;
  readonly right: number;
}

/** Overlapping strokes, which belong to one digit. */
interface Part extends Span {
  readonly strokes: Group;
}

/**
 * Segment strokes into digits.
 *
 * @param strokes - Each with at least one point.
 * @param scoreGroups - Returns a finite log score for each candidate group: the natural logarithm of the probability that
 *   the group is one digit. Called once.
 * @returns Groups from left to right that contain every stroke exactly once; a single group for more than 48 strokes.
 */
export function segment(
  strokes: readonly Stroke[],
  scoreGroups: (groups: readonly Group[]) => readonly number[],
): Group[] {
  if (strokes.length > MAX_STROKES) {
    const all: Group = [...strokes.keys()];
    scoreGroups([all]);
    return [all];
  }
  const candidates = candidatesOf(mergeOverlapping(strokes));
  const scores = scoreGroups(candidates.map(({ group }) => group));

  // best[i] is the best segmentation of the first i parts.
  const best: { readonly score: number; readonly groups: readonly Group[] }[] = [{ score: 0, groups: [] }];
  candidates.forEach(({ from, to, group, cutScore }, i) => {
    const before = best[from];
    if (before === undefined) return;
    const score = before.score + (scores[i] ?? 0) + cutScore;
    if (score > (best[to]?.score ?? -Infinity)) best[to] = { score, groups: [...before.groups, group] };
  });
  return [...(best.at(-1)?.groups ?? [])];
}

/** Merge strokes that overlap. Returns the parts from left to right, in units of the tallest stroke's height. */
function mergeOverlapping(strokes: readonly Stroke[]): Part[] {
  const extents = strokes.map((stroke) => {
    const [xs, ys] = [stroke.map(({ x }) => x), stroke.map(({ y }) => y)];
    return { left: minimum(xs), right: maximum(xs), height: maximum(ys) - minimum(ys) };
  });
  const unit = maximum(extents.map(({ left, right, height }) => Math.max(height, (right - left) / 2))) || 1;
  let parts = extents.map(({ left, right }, i): Part => ({
    left: left / unit,
    right: right / unit,
    strokes: [i],
  }));
  for (;;) {
    const pair = findPair(parts, (a, b) => overlapShare(a, b) >= MIN_OVERLAP);
    if (pair === null) break;
    const [a, b] = pair;
    parts = [...parts.filter((part) => part !== a && part !== b), mergeParts([a, b])];
  }
  return parts.toSorted((a, b) => a.left + a.right - (b.left + b.right));
}

/** A candidate for a digit: the adjacent parts `parts[from]` to `parts[to - 1]`. */
interface Candidate {
  readonly from: number;
  readonly to: number;
  readonly group: Group;
  /** Log score of the cut before the first part. */
  readonly cutScore: number;
}

/** All candidates, sorted by `to`. */
function candidatesOf(parts: readonly Part[]): Candidate[] {
  // The gap to the left of each part; negative if the part overlaps an earlier one.
  const gaps = parts.map(({ left }, i) => left - maximum(parts.slice(0, i).map(({ right }) => right)));
  const candidates: Candidate[] = [];
  for (let to = 1; to <= parts.length; to++) {
    for (let from = to - 1; from >= Math.max(0, to - MAX_PARTS); from--) {
      if (from < to - 1 && (gaps[from + 1] ?? 0) > MAX_GAP) break;
      const cutScore = from === 0 ? 0 : CUT_SLOPE * (Math.min(gaps[from] ?? 0, MAX_GAP) - CUT_ZERO);
      candidates.push({ from, to, group: mergeParts(parts.slice(from, to)).strokes, cutScore });
    }
  }
  return candidates;
}

/** Horizontal overlap as a share of the narrower width. Both include the pen width. */
function overlapShare(a: Span, b: Span): number {
  const overlap = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  return overlap < 0 ? 0 : (overlap + PEN_WIDTH) / (Math.min(a.right - a.left, b.right - b.left) + PEN_WIDTH);
}

function mergeParts(parts: readonly Part[]): Part {
  return {
    left: minimum(parts.map(({ left }) => left)),
    right: maximum(parts.map(({ right }) => right)),
    strokes: parts.flatMap(({ strokes }) => strokes).toSorted((a, b) => a - b),
  };
}

/** The first pair of items that `matches`; null if there is none. */
function findPair<T>(items: readonly T[], matches: (a: T, b: T) => boolean): [T, T] | null {
  for (const [i, a] of items.entries()) {
    for (const b of items.slice(i + 1)) if (matches(a, b)) return [a, b];
  }
  return null;
}

function minimum(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Infinity);
}

function maximum(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), -Infinity);
}
