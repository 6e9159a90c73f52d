/**
 * Segmentation of ink into lines, and of each line into digits and signs. The ink consists of pieces: the strokes of a
 * drawing, or the connected components of a picture.
 *
 * Geometry finds the lines, the signs and what is neither digit nor sign: specks, underlines and ruled lines. Pieces that
 * overlap horizontally belong to one digit (the bar of a 5, the cross of a 7). Pieces that are separated by a wide gap belong
 * to two digits. Other cases are ambiguous (an open 4, digits that almost touch, an 8 of two loops or two lines). For these,
 * `layOut` returns candidates, and `chooseGroups` finds the segmentation with the highest total score of its candidates and
 * of the gaps between them.
 *
 * Lengths are in units of the height of the line's tallest digit, so the result does not depend on the size of the writing.
 */

import type { Point, Stroke } from "./strokes";

/** Indices of the pieces that make up one digit, ascending. */
export type Group = readonly number[];

/** A symbol of a number that is not a digit, with the Unicode minus. */
export type Sign = "−" | "+" | "." | ",";

/** A group that may be a digit. */
export interface Candidate {
  readonly group: Group;
  /** Number of parts that only the scores can join. */
  readonly parts: number;
  /** Whether its shape is that of a sign in the wrong place, or of a dot. Then it is no digit for any score. */
  readonly isSign: boolean;
}

/** A candidate, as an edge between two positions in a run of parts. */
interface Edge {
  readonly from: number;
  readonly to: number;
  /** Index in `Layout.candidates`. */
  readonly candidate: number;
  /** Log score of the cut before the first part. */
  readonly cutScore: number;
}

/** Adjacent digits without a sign between them: all edges, sorted by `to`. */
type Run = readonly Edge[];

/** One interpretation of the ink: its lines from top to bottom, each from left to right. */
interface Reading {
  readonly lines: readonly (readonly (Run | Sign)[])[];
  /** Log score of the cuts between the lines. */
  readonly cutScore: number;
}

/** What geometry leaves open. It can be serialized as JSON. */
export interface Layout {
  readonly candidates: readonly Candidate[];
  readonly readings: readonly Reading[];
}

/** Pieces that overlap by at least this share of the narrower piece's width belong to one digit. */
const MIN_OVERLAP = 0.5;

/** Pieces that are separated by a wider gap belong to two digits. */
const MAX_GAP = 0.3;

/** Pen width. It is added to the widths of pieces, as a vertical stroke has width 0. */
const PEN_WIDTH = 0.08;

/** Increase of the log score of a cut per unit of gap width. */
const CUT_SLOPE = 25;
/** Gap width at which the log score of a cut between two digits is 0. */
const CUT_ZERO = 0;
/** Distance at which the log score of a cut between two lines is 0. */
const LINE_CUT_ZERO = 0.25;
/** Lines with a larger distance are separate for any score. */
const MAX_LINE_GAP = 0.4;

/** Maximum number of parts (merged pieces) of a digit. */
const MAX_PARTS = 4;

/** Maximum number of pieces to segment. More form a single group, because each candidate needs an inference. */
const MAX_PIECES = 48;

/** Minimum height of a piece that makes a line, relative to the tallest piece. */
const MIN_TALL = 0.4;

/** Pieces that overlap vertically by at least this share of the lower piece's height are in the same line. */
const MIN_LINE_OVERLAP = 0.25;

/** Maximum slope of a line: of a minus, an underline or a ruled line. */
const MAX_SLOPE = 0.3;

/** A flat piece that is wider than this is a ruled line, an underline or a strike-through. */
const MIN_RULE_WIDTH = 1.2;

/** Maximum side of a decimal point. */
const MAX_POINT = 0.22;

/** Maximum height of a plus. */
const MAX_PLUS = 0.8;

/** Maximum side of a speck. */
const MAX_SPECK = 0.12;

/** Maximum size of a comma. */
const MAX_COMMA = { width: 0.16, height: 0.42 };

/** The extent of some ink. */
interface Extent {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** One piece of ink, or merged pieces. */
interface Part extends Extent {
  readonly group: Group;
  readonly points: readonly Point[];
  /** Of the ink around the points. */
  readonly thickness: number;
}

const widthOf = ({ left, right }: Extent) => right - left;
const heightOf = ({ top, bottom }: Extent) => bottom - top;
const centreOf = ({ left, right }: Extent) => (left + right) / 2;
const middleOf = ({ top, bottom }: Extent) => (top + bottom) / 2;

/** Whether the piece is a nearly horizontal line. */
const isFlat = (part: Extent) => heightOf(part) < MAX_SLOPE * widthOf(part);

const isTallerThan = (part: Extent, height: number) =>
  !isFlat(part) && heightOf(part) >= height && heightOf(part) > 0;

/**
 * Segment ink as far as geometry decides.
 *
 * @param pieces - Closely spaced points of each stroke or connected component, at least one.
 * @param thickness - Thickness of the lines that the points fill, in their unit: 0 for points along the middle of a stroke.
 */
export function layOut(pieces: readonly (readonly Point[])[], thickness = 0): Layout {
  const parts = pieces.map((points, i) => partOf(points, [i], thickness));
  const candidates: Candidate[] = [];
  const readings: Reading[] = [];
  if (parts.length > MAX_PIECES) {
    candidates.push({ group: [...parts.keys()], parts: 1, isSign: false });
    const edge: Edge = { from: 0, to: 1, candidate: 0, cutScore: 0 };
    return { candidates, readings: [{ lines: [[[edge]]], cutScore: 0 }] };
  }
  for (const { lines, cutScore } of lineSplits(parts)) {
    readings.push({ lines: lines.map((line) => symbolsOf(line, candidates)), cutScore });
  }
  return { candidates, readings };
}

/**
 * Choose the best segmentation.
 *
 * @param scores - For each candidate of the layout, a finite log score: the natural logarithm of the probability that it is
 *   one digit.
 * @returns Lines from top to bottom, each with at least one digit: indices of candidates, and signs, from left to right.
 */
export function chooseGroups({ readings }: Layout, scores: readonly number[]): (number | Sign)[][] {
  const chosen = readings.map(({ lines, cutScore }) => {
    let score = cutScore;
    const symbols = lines.map((line) =>
      line.flatMap((run): (number | Sign)[] => {
        if (typeof run === "string") return [run];
        const path = bestPath(run, scores);
        // Readings have different gaps, so their cuts within the lines are not compared.
        for (const candidate of path) score += scores[candidate] ?? 0;
        return [...path];
      }),
    );
    return { score, symbols };
  });
  return chosen.toSorted((a, b) => b.score - a.score)[0]?.symbols ?? [];
}

/** The number of digits according to geometry alone; infinite for more pieces than can be segmented. */
export function digitsIn(layout: Layout): number {
  if (layout.candidates.some(({ group }) => group.length > MAX_PIECES)) return Infinity;
  const scores = layout.candidates.map(() => 0);
  return chooseGroups(layout, scores)
    .flat()
    .filter((symbol) => typeof symbol === "number").length;
}

/** Dynamic programming: the path through the edges with the highest score. */
function bestPath(run: Run, scores: readonly number[]): readonly number[] {
  // best[i] is the best segmentation of the first i parts.
  const best: { readonly score: number; readonly path: readonly number[] }[] = [{ score: 0, path: [] }];
  for (const { from, to, candidate, cutScore } of run) {
    const before = best[from];
    if (before === undefined) continue;
    const score = before.score + (scores[candidate] ?? 0) + cutScore;
    if (score > (best[to]?.score ?? -Infinity)) best[to] = { score, path: [...before.path, candidate] };
  }
  return best.at(-1)?.path ?? [];
}

/** The possible divisions of the pieces into lines: one or, if it is ambiguous, two. */
function lineSplits(parts: readonly Part[]): { lines: Part[][]; cutScore: number }[] {
  const tallest = maximum(parts.filter((part) => !isFlat(part)).map(heightOf));
  const isTall = (part: Part) => isTallerThan(part, MIN_TALL * tallest);
  const tall = parts.filter(isTall);
  if (tall.length === 0) return parts.length === 0 ? [] : [{ lines: [[...parts]], cutScore: 0 }];

  const bands = mergeWhile(
    tall.map((part) => [part]),
    (a, b) => a.some((part) => b.some((other) => lineOverlap(part, other) >= MIN_LINE_OVERLAP)),
    (a, b) => [...a, ...b],
  ).toSorted((a, b) => middleOf(extentOf(a)) - middleOf(extentOf(b)));

  // An 8 of two loops has two bands, too, and so has a 4 whose strokes do not overlap. A short distance is ambiguous.
  let cutScore = 0;
  const merged: Part[][] = [];
  bands.forEach((band, i) => {
    const above = bands[i - 1];
    const previous = merged.at(-1);
    const gap = above === undefined ? Infinity : (extentOf(band).top - extentOf(above).bottom) / tallest;
    if (previous !== undefined && gap <= MAX_LINE_GAP) {
      merged[merged.length - 1] = [...previous, ...band];
      cutScore += CUT_SLOPE * (gap - LINE_CUT_ZERO);
    } else merged.push(band);
  });
  const withSmall = (lines: readonly Part[][]) => {
    const complete = lines.map((line) => [...line]);
    for (const part of parts.filter((each) => !isTall(each))) {
      const distances = lines.map((line) => distanceToLine(part, line));
      complete[distances.indexOf(minimum(distances))]?.push(part);
    }
    return complete;
  };
  const joined = { lines: withSmall(merged), cutScore: 0 };
  return merged.length === bands.length ? [joined] : [joined, { lines: withSmall(bands), cutScore }];
}

/** Vertical distance between a small piece and a line, plus a small share of the horizontal one for pieces between two lines. */
function distanceToLine(part: Part, line: readonly Part[]): number {
  return minimum(
    line.map((tall) => {
      const vertical = Math.max(0, tall.top - part.bottom, part.top - tall.bottom);
      const horizontal = Math.max(0, tall.left - part.right, part.left - tall.right);
      return vertical + horizontal / 10;
    }),
  );
}

/** Vertical overlap as a share of the smaller height. */
function lineOverlap(a: Part, b: Part): number {
  const overlap = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return overlap / (Math.min(heightOf(a), heightOf(b)) || 1);
}

/** Find the signs and the digits' candidates of a line. Adds the candidates to `candidates`. */
function symbolsOf(pieces: readonly Part[], candidates: Candidate[]): (Run | Sign)[] {
  const unit = unitOf(pieces);
  const tall = pieces.filter((part) => isTallerThan(part, MIN_TALL * unit));
  // Without a digit, there is no sign, underline or speck.
  const isKept = (part: Part) => tall.length === 0 || !isNoise(part, pieces, tall, unit);
  const kept = pieces.filter(isKept);
  const points = tall.length === 0 ? [] : kept.filter((part) => isPoint(part, kept, tall, unit));
  const parts = mergeOverlapping(
    kept.filter((part) => !points.includes(part)),
    unit,
  );
  const [first, second] = parts;
  const sign = tall.length > 0 && first && second ? leadingSign(first, second, unit) : null;
  const digits = sign === null ? parts : parts.slice(1);
  const symbols: (Run | Sign)[] = sign === null ? [] : [sign];
  for (let from = 0, to = 0; to <= digits.length; to++) {
    const here = points.filter(
      (point) => digits.filter((digit) => sideOf(digit, point, unit) === "left").length === to,
    );
    if (to > from && (here.length > 0 || to === digits.length)) {
      symbols.push(edgesOf(digits.slice(from, to), unit, candidates));
      from = to;
    }
    symbols.push(...here.map((point): Sign => (isComma(point, unit) ? "," : ".")));
  }
  return symbols;
}

/** The height of the line's tallest digit. */
function unitOf(pieces: readonly Part[]): number {
  const upright = pieces.filter((part) => !isFlat(part));
  const rough = maximum((upright.length > 0 ? upright : pieces).map(sizeOf)) || 1;
  return upright.length === 0 ? rough : maximum(mergeOverlapping(upright, rough).map(heightOf)) || rough;
}

const sizeOf = (part: Extent) => Math.max(heightOf(part), widthOf(part) / 2);

/** Whether the piece is neither a digit nor a sign: a speck, an underline, a strike-through or a ruled line. */
function isNoise(part: Part, pieces: readonly Part[], tall: readonly Part[], unit: number): boolean {
  if (tall.includes(part)) return false;
  const [width, height] = [widthOf(part) / unit, heightOf(part) / unit];
  const touches = () => distanceToOthers(part, pieces) < PEN_WIDTH * unit;
  if (isFlat(part) && width > 0.3) {
    const crossed = tall.filter((other) => centreOf(other) > part.left && centreOf(other) < part.right);
    const below = crossed.length > 0 && crossed.every((other) => part.top > other.bottom - PEN_WIDTH * unit);
    if (!below && width <= MIN_RULE_WIDTH) return isStrikeThrough(part, crossed, unit);
    // The bar of a 5 can be as wide.
    const isOnTop = crossed.every((other) => middleOf(part) < other.top + 0.25 * unit);
    if (width > MIN_RULE_WIDTH) return !isOnTop || !touches();
    return !touches() && !isFoot(part, crossed, unit);
  }
  return Math.max(width, height) < MAX_SPECK && !isOnBaseline(part, tall, unit) && !touches();
}

/** Whether a bar crosses two digits. The bar of a 4 crosses two strokes that are closer to each other. */
function isStrikeThrough(bar: Part, crossed: readonly Part[], unit: number): boolean {
  const centres = crossed
    .filter((other) => isInside(middleOf(bar), other.top, other.bottom, 0.2 * unit))
    .map(centreOf);
  return maximum(centres) - minimum(centres) > 0.4 * unit;
}

/** Whether a bar below the digits is the foot of a 1. */
function isFoot(bar: Part, crossed: readonly Part[], unit: number): boolean {
  const { left, right, bottom } = extentOf(crossed);
  return right - left < 0.45 * unit && widthOf(bar) < 0.8 * unit && bar.top - bottom < 0.2 * unit;
}

/** Whether a value lies between two limits, with a margin. */
function isInside(value: number, low: number, high: number, margin: number): boolean {
  return value > low + margin && value < high - margin;
}

/** Whether a small piece is as low as a decimal point or a comma beside one of the two nearest digits. */
function isOnBaseline(part: Part, tall: readonly Part[], unit: number): boolean {
  const distance = (other: Part) => Math.abs(centreOf(other) - centreOf(part));
  return tall
    .toSorted((a, b) => distance(a) - distance(b))
    .slice(0, 2)
    .some((digit) => {
      const lowest = digit.bottom - 0.25 * Math.min(unit, heightOf(digit));
      return middleOf(part) > lowest && isInside(part.top, lowest, digit.bottom + 0.15 * unit, -0.1 * unit);
    });
}

/** Whether the piece is a decimal point or a comma: small, on the baseline, and beside the digits. */
function isPoint(part: Part, pieces: readonly Part[], tall: readonly Part[], unit: number): boolean {
  const [width, height] = [widthOf(part) / unit, heightOf(part) / unit];
  const isSmall =
    Math.max(width, height) <= MAX_POINT || (width <= MAX_COMMA.width && height <= MAX_COMMA.height);
  const isDash = isMinus(part, unit) && width > 2.2 * height;
  if (!isSmall || isDash || tall.includes(part) || !isOnBaseline(part, tall, unit)) return false;
  if (tall.some((other) => sideOf(other, part, unit) === "around")) return false;
  return distanceToOthers(part, pieces) >= PEN_WIDTH * unit;
}

/** Whether a point is a comma: higher than a dot, and higher than wide. */
function isComma(point: Part, unit: number): boolean {
  return heightOf(point) > Math.max(0.14 * unit, 1.3 * widthOf(point));
}

/** The side of `small` on which a digit's ink lies, at about the same height. */
function sideOf(digit: Part, small: Part, unit: number): "left" | "right" | "around" {
  const near = digit.points.filter(({ y }) => y > small.top - 0.15 * unit && y < small.bottom + 0.15 * unit);
  const xs = (near.length > 0 ? near : [{ x: centreOf(digit) }]).map(({ x }) => x);
  if (maximum(xs) <= centreOf(small)) return "left";
  return minimum(xs) >= centreOf(small) ? "right" : "around";
}

/** The sign before a digit, if `part` has the shape and the height of one. */
function leadingSign(part: Part, next: Part, unit: number): Sign | null {
  const isBeside = isInside(middleOf(part), next.top - 0.1 * unit, next.bottom - 0.15 * heightOf(next), 0);
  if (!isBeside || part.right > next.left + 0.02 * unit) return null;
  if (isMinus(part, unit)) return "−";
  return isPlus(part, unit) && heightOf(part) < MAX_PLUS * unit ? "+" : null;
}

function isMinus(part: Part, unit: number): boolean {
  return isFlat(part) && heightOf(part) < 0.2 * unit && widthOf(part) > 0.15 * unit;
}

/** Whether the ink is a cross whose four arms are about equally long, with nothing between the arms. */
function isPlus(part: Part, unit: number): boolean {
  const [width, height] = [widthOf(part), heightOf(part)];
  if (height < 0.12 * unit || width < 0.6 * height || width > 1.7 * height) return false;
  // The plane is divided into nine cells by the edges of the two lines, which may be slanted by 17°.
  const cellOf = (offset: number, extent: number) => {
    const limit = 0.16 * extent + part.thickness / 2;
    return offset < -limit ? 0 : offset > limit ? 2 : 1;
  };
  const counts = new Uint32Array(9);
  for (const { x, y } of part.points) {
    const cell = cellOf(x - centreOf(part), width) + 3 * cellOf(y - middleOf(part), height);
    counts[cell] = (counts[cell] ?? 0) + 1;
  }
  const share = (...cells: number[]) => cells.map((cell) => (counts[cell] ?? 0) / part.points.length);
  return maximum(share(0, 2, 6, 8)) < 0.02 && minimum(share(1, 3, 5, 7)) > 0.08;
}

/** The distance between the middle of a piece's line and that of the nearest other piece. */
function distanceToOthers(part: Part, pieces: readonly Part[]): number {
  const others = pieces.filter((other) => other !== part);
  let nearest = Infinity;
  for (const { points } of others) {
    for (const a of points) {
      for (const b of part.points) nearest = Math.min(nearest, (a.x - b.x) ** 2 + (a.y - b.y) ** 2);
    }
  }
  return Math.sqrt(nearest) + part.thickness;
}

/** Merge pieces that overlap horizontally. Returns the parts from left to right. */
function mergeOverlapping(pieces: readonly Part[], unit: number): Part[] {
  return mergeWhile(
    pieces,
    (a, b) => overlapShare(a, b, unit) >= MIN_OVERLAP,
    (a, b) => mergeParts([a, b]),
  ).toSorted((a, b) => centreOf(a) - centreOf(b));
}

/** The candidates of adjacent parts, as edges sorted by `to`. */
function edgesOf(parts: readonly Part[], unit: number, candidates: Candidate[]): Edge[] {
  // The gap to the left of each part; negative if the part overlaps an earlier one.
  const gaps = parts.map(
    ({ left }, i) => (left - maximum(parts.slice(0, i).map(({ right }) => right))) / unit,
  );
  const edges: Edge[] = [];
  for (let to = 1; to <= parts.length; to++) {
    for (let from = to - 1; from >= Math.max(0, to - MAX_PARTS); from--) {
      if (from < to - 1 && (gaps[from + 1] ?? 0) > MAX_GAP) break;
      const part = mergeParts(parts.slice(from, to));
      const gap = gaps[from] ?? 0;
      // At a wide gap, there is no alternative to the cut.
      const cutScore = from === 0 || gap > MAX_GAP ? 0 : CUT_SLOPE * (gap - CUT_ZERO);
      edges.push({ from, to, candidate: candidates.length, cutScore });
      const isSign = isMinus(part, unit) || isPlus(part, unit) || sizeOf(part) === 0;
      candidates.push({ group: part.group, parts: to - from, isSign });
    }
  }
  return edges;
}

/** Horizontal overlap as a share of the narrower width. Both include the pen width. */
function overlapShare(a: Extent, b: Extent, unit: number): number {
  const overlap = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const pen = PEN_WIDTH * unit;
  return overlap < 0 ? 0 : (overlap + pen) / (Math.min(widthOf(a), widthOf(b)) + pen);
}

function partOf(points: readonly Point[], group: Group, thickness: number): Part {
  const [left, right] = rangeOf(
    points.map(({ x }) => x),
    thickness,
  );
  const [top, bottom] = rangeOf(
    points.map(({ y }) => y),
    thickness,
  );
  return { left, right, top, bottom, points, group, thickness };
}

/** The range of the values without half of the thickness at both ends. */
function rangeOf(values: readonly number[], thickness: number): [number, number] {
  const [low, high] = [minimum(values), maximum(values)];
  const inset = Math.min(thickness, high - low) / 2;
  return [low + inset, high - inset];
}

function extentOf(parts: readonly Part[]): Extent {
  return {
    left: minimum(parts.map(({ left }) => left)),
    right: maximum(parts.map(({ right }) => right)),
    top: minimum(parts.map(({ top }) => top)),
    bottom: maximum(parts.map(({ bottom }) => bottom)),
  };
}

function mergeParts(parts: readonly Part[]): Part {
  return {
    ...extentOf(parts),
    points: parts.flatMap(({ points }) => points),
    thickness: parts[0]?.thickness ?? 0,
    group: parts.flatMap(({ group }) => group).toSorted((a, b) => a - b),
  };
}

/** Insert points into a stroke, so that successive points are no farther apart than 1/40 of its extent. */
export function interpolate(points: Stroke): Point[] {
  const step = sizeOf(partOf(points, [], 0)) / 40;
  return points.flatMap((end, i) => {
    const start = points[i - 1] ?? end;
    const [dx, dy] = [end.x - start.x, end.y - start.y];
    const count = Math.max(1, Math.ceil(Math.sqrt(dx * dx + dy * dy) / (step || 1)));
    return Array.from({ length: count }, (_, k) => ({
      x: end.x - (dx * (count - 1 - k)) / count,
      y: end.y - (dy * (count - 1 - k)) / count,
    }));
  });
}

/** Merge pairs of items that `match` until there are none. */
function mergeWhile<T>(items: readonly T[], match: (a: T, b: T) => boolean, merge: (a: T, b: T) => T): T[] {
  let current = [...items];
  for (;;) {
    const pair = findPair(current, match);
    if (pair === null) return current;
    current = [...current.filter((item) => !pair.includes(item)), merge(...pair)];
  }
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
