/** What of a picture is paper: its light, its shade, its printed lines. What is left is ink. */

import { boxBlur, closing, map, type Plane, quantile, transpose } from "./imageOps";

/** Widest ink that is still told from shade, as a share of the picture's long side. */
const WIDEST_INK = 0.24;

/** Thickest printed line, as a share of the picture's side that it crosses. */
const THICKEST_LINE = 0.025;

/** Share of its way through the picture on which a printed line must be seen. */
const LINE_SEEN = 0.72;

/** Steepest slope of a printed line: a picture taken a little askew. */
const STEEPEST = Math.tan((7 * Math.PI) / 180);

export interface Contrast extends Plane {
  /** Spread of what is mere paper, in units of the values. */
  readonly noise: number;
}

/**
 * How far each pixel is from the paper around it, 0…1, wherever the light falls and whichever of the two is darker.
 *
 * @param greys - 0 (black) … 1 (white).
 */
export function contrastToBackground(greys: Plane): Contrast {
  const longSide = Math.max(greys.width, greys.height);
  const smooth = boxBlur(greys, 1);
  const dark = isInkDark(smooth, Math.round(longSide / 6)) ? smooth : map(smooth, (value) => 1 - value);
  const radius = Math.round((longSide * WIDEST_INK) / 2);
  const level = evenly(dark, closing(dark, radius), radius);
  const closed = closing(level, radius);
  const softened = boxBlur(closed, Math.round(longSide / 40));
  const raw = map(level, (value, i) => {
    // Of a sharp edge of shade, the softened light would make ink.
    const paper = Math.min(closed.values[i] ?? 0, softened.values[i] ?? 0);
    return Math.max(0, (paper - value) / Math.max(paper, 0.2));
  });
  // Closing finds the lightest of the paper's grains: most of the paper is a little darker.
  const middle = quantile(raw.values, 0.5);
  const noise = 1.5 * quantile(map(raw, (value) => Math.abs(value - middle)).values, 0.5) + 0.004;
  return { ...map(raw, (value) => Math.max(0, value - middle)), noise };
}

/** The greys under a light as strong on one side as on the other; `margin` pixels of `light` at the border are not trusted. */
function evenly(greys: Plane, light: Plane, margin: number): Plane {
  const { width, height, values } = light;
  const [cx, cy] = [(width - 1) / 2, (height - 1) / 2];
  const [skipX, skipY] = [Math.min(margin, Math.floor(cx)), Math.min(margin, Math.floor(cy))];
  let [count, sum] = [0, 0];
  const [alongX, alongY] = [
    { first: 0, second: 0, light: 0 },
    { first: 0, second: 0, light: 0 },
  ];
  for (let y = skipY; y < height - skipY; y += 4) {
    for (let x = skipX; x < width - skipX; x += 4) {
      const value = values[y * width + x] ?? 0;
      count++;
      sum += value;
      for (const [moments, at] of [[alongX, x - cx] as const, [alongY, y - cy] as const]) {
        moments.first += at;
        moments.second += at * at;
        moments.light += at * value;
      }
    }
  }
  // On a grid of rows and columns the two slopes of the least squares do not depend on each other.
  const slope = ({ first, second, light: sumLight }: typeof alongX) =>
    (sumLight - (sum * first) / count) / Math.max(1, second - (first * first) / count);
  const [slopeX, slopeY] = [slope(alongX), slope(alongY)];
  const mean = (sum - slopeX * alongX.first - slopeY * alongY.first) / count;
  return map(greys, (value, i) => {
    const lit = mean + slopeX * ((i % width) - cx) + slopeY * (Math.floor(i / width) - cy);
    return (value * mean) / Math.max(lit, 0.25 * mean, 1e-3);
  });
}

/** Ink is what is rarer: it skews the greys around their local mean towards itself. */
function isInkDark(greys: Plane, radius: number): boolean {
  const mean = boxBlur(greys, radius).values;
  let skew = 0;
  greys.values.forEach((value, i) => (skew += (value - (mean[i] ?? 0)) ** 3));
  return skew <= 0;
}

/** Wipe out the thin lines that cross the whole picture, ruled or squared, and leave the ink that crosses them. */
export function removeRuledLines(contrast: Contrast): Contrast {
  const across = eraseLines(contrast, contrast.noise);
  return { ...transpose(eraseLines(transpose(across), contrast.noise)), noise: contrast.noise };
}

function eraseLines(plane: Plane, noise: number): Plane {
  const { width, height, values } = plane;
  const slope = slopeOfLines(plane);
  const rowOf = (line: number, x: number) => Math.round(line + slope * (x - width / 2));
  const at = (y: number, x: number) =>
    y < 0 || y >= height || x < 0 || x >= width ? 0 : (values[y * width + x] ?? 0);

  // How strong a line along each sloping row is: what `LINE_SEEN` of its pixels reach, one row up or down allowed.
  const drift = Math.ceil(Math.abs(slope) * width);
  const strength = new Map<number, number>();
  for (let line = -drift; line < height + drift; line++) {
    const along: number[] = [];
    for (let x = 0; x < width; x++) {
      const y = rowOf(line, x);
      if (y >= 0 && y < height) along.push(Math.max(at(y - 1, x), at(y, x), at(y + 1, x)));
    }
    // In the corners a line is short.
    if (along.length > width / 10) strength.set(line, quantile(along, 1 - LINE_SEEN));
  }

  const ink = quantile(values, 0.998);
  const visible = Math.max(3 * noise, 0.05, ink / 10);
  const thickest = Math.max(5, height * THICKEST_LINE) + 2;
  const bands = bandsAbove(strength, visible).filter(({ from, to }) => to - from + 1 <= thickest);
  // One dark line alone may be the bar of a digit that fills the picture.
  if (bands.length === 1 && (bands[0]?.strength ?? 0) > 0.6 * ink) return plane;

  const cleaned = values.slice();
  for (const { from, to, strength: line } of bands) {
    const limit = 1.4 * line + 2 * noise;
    for (let x = 0; x < width; x++) {
      const [top, bottom] = [rowOf(from, x), rowOf(to, x)];
      const inked = (y: number) => {
        for (let near = x - 2; near <= x + 2; near++) {
          if (at(y, near) > Math.max(visible, ink / 4)) return true;
        }
        return false;
      };
      if (inked(top - 2) && inked(bottom + 2)) continue;
      for (let y = Math.max(0, top); y <= Math.min(height - 1, bottom); y++) {
        if (at(y, x) <= limit) cleaned[y * width + x] = 0;
      }
    }
  }
  return { width, height, values: cleaned };
}

/** The slope at which the rows differ most from each other. */
function slopeOfLines({ width, height, values }: Plane): number {
  const sharpness = (slope: number, skip: number) => {
    const sums = new Float64Array(height + 1);
    for (let x = skip >> 1; x < width; x += skip) {
      const shift = slope * (x - width / 2);
      for (let row = 0; row < height; row++) {
        const y = Math.round(row + shift);
        // A line's pixels count alike, ink's blackness does not.
        if (y >= 0 && y < height) sums[row] = (sums[row] ?? 0) + Math.min(0.3, values[y * width + x] ?? 0);
      }
    }
    let sharp = 0;
    for (let row = 1; row < height; row++) sharp += ((sums[row] ?? 0) - (sums[row - 1] ?? 0)) ** 2;
    return sharp;
  };
  const best = (from: number, to: number, step: number, skip: number) => {
    let [slope, most] = [0, sharpness(0, skip)];
    for (let each = from; each <= to; each += step) {
      const sharp = sharpness(each, skip);
      if (sharp > most) [slope, most] = [each, sharp];
    }
    return slope;
  };
  const step = 3 / width;
  const coarse = best(-STEEPEST, STEEPEST, step, 4);
  return best(coarse - step, coarse + step, step / 5, 2);
}

interface Band {
  readonly from: number;
  readonly to: number;
  /** Of its strongest row. */
  readonly strength: number;
}

function bandsAbove(strength: ReadonlyMap<number, number>, threshold: number): Band[] {
  const bands: Band[] = [];
  for (const [row, value] of strength) {
    if (value <= threshold) continue;
    const last = bands.at(-1);
    if (last?.to === row - 1)
      bands[bands.length - 1] = { ...last, to: row, strength: Math.max(last.strength, value) };
    else bands.push({ from: row, to: row, strength: value });
  }
  return bands;
}
