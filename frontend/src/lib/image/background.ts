/** Background subtraction: removes the background, its illumination and ruled lines from an image of ink. */

import { boxBlur, closing, map, type Plane, quantile, transpose } from "./imageOps";

/** Maximum width of ink, as a share of the image's long side. Wider regions count as background. */
const MAX_INK_WIDTH = 0.24;

/** Maximum thickness of a ruled line, as a share of the image's side perpendicular to it. */
const MAX_LINE_THICKNESS = 0.025;

/** Minimum share of a ruled line's length that must be visible. */
const MIN_LINE_COVERAGE = 0.72;

/** Maximum slope of a ruled line relative to the image: 7°. */
const MAX_SLOPE = Math.tan((7 * Math.PI) / 180);

export interface Contrast extends Plane {
  /** Estimated standard deviation of the background values. */
  readonly noise: number;
}

/**
 * Compute the contrast of each pixel to its local background. The contrast does not depend on the illumination, nor on
 * whether the ink is darker or lighter than the background.
 *
 * @param luminance - 0 (black) … 1 (white).
 * @returns The difference to the background as a share of the background, 0…1.
 */
export function contrastToBackground(luminance: Plane): Contrast {
  const longSide = Math.max(luminance.width, luminance.height);
  const smooth = boxBlur(luminance, 1);
  const dark = isInkDark(smooth, Math.round(longSide / 6)) ? smooth : map(smooth, (value) => 1 - value);
  const radius = Math.round((longSide * MAX_INK_WIDTH) / 2);
  const flattened = flattenIllumination(dark, closing(dark, radius), radius);
  const closed = closing(flattened, radius);
  const blurred = boxBlur(closed, Math.round(longSide / 40));
  const raw = map(flattened, (value, i) => {
    // At the edge of a shadow, the blurred background alone would be too bright, and the shadow would count as ink.
    const background = Math.min(closed.values[i] ?? 0, blurred.values[i] ?? 0);
    return Math.max(0, (background - value) / Math.max(background, 0.2));
  });
  // The closing follows the brightest noise, so most background pixels are slightly darker.
  const median = quantile(raw.values, 0.5);
  // For normally distributed noise, the standard deviation is about 1.5 median absolute deviations.
  const noise = 1.5 * quantile(map(raw, (value) => Math.abs(value - median)).values, 0.5) + 0.004;
  return { ...map(raw, (value) => Math.max(0, value - median)), noise };
}

/**
 * Divide by the linear illumination gradient that fits `background` best (least squares).
 *
 * @param margin - Pixels at the border of `background` that the fit ignores.
 */
function flattenIllumination(luminance: Plane, background: Plane, margin: number): Plane {
  const { width, height, values } = background;
  const [cx, cy] = [(width - 1) / 2, (height - 1) / 2];
  const [skipX, skipY] = [Math.min(margin, Math.floor(cx)), Math.min(margin, Math.floor(cy))];
  let [count, sum] = [0, 0];
  const [momentsX, momentsY] = [
    { first: 0, second: 0, product: 0 },
    { first: 0, second: 0, product: 0 },
  ];
  for (let y = skipY; y < height - skipY; y += 4) {
    for (let x = skipX; x < width - skipX; x += 4) {
      const value = values[y * width + x] ?? 0;
      count++;
      sum += value;
      for (const [moments, at] of [[momentsX, x - cx] as const, [momentsY, y - cy] as const]) {
        moments.first += at;
        moments.second += at * at;
        moments.product += at * value;
      }
    }
  }
  // On a rectangular grid, the two slopes of the least squares fit are independent.
  const slope = ({ first, second, product }: typeof momentsX) =>
    (product - (sum * first) / count) / Math.max(1, second - (first * first) / count);
  const [slopeX, slopeY] = [slope(momentsX), slope(momentsY)];
  const mean = (sum - slopeX * momentsX.first - slopeY * momentsY.first) / count;
  return map(luminance, (value, i) => {
    const illumination = mean + slopeX * ((i % width) - cx) + slopeY * (Math.floor(i / width) - cy);
    return (value * mean) / Math.max(illumination, 0.25 * mean, 1e-3);
  });
}

/** Return whether the ink is darker than the background. Ink has fewer pixels, so it skews the values towards itself. */
function isInkDark(luminance: Plane, radius: number): boolean {
  const mean = boxBlur(luminance, radius).values;
  let skew = 0;
  luminance.values.forEach((value, i) => (skew += (value - (mean[i] ?? 0)) ** 3));
  return skew <= 0;
}

/** Remove thin horizontal and vertical lines that cross the whole image, except where ink crosses them. */
export function removeRuledLines(contrast: Contrast): Contrast {
  const withoutHorizontal = removeHorizontalLines(contrast, contrast.noise);
  return {
    ...transpose(removeHorizontalLines(transpose(withoutHorizontal), contrast.noise)),
    noise: contrast.noise,
  };
}

function removeHorizontalLines(plane: Plane, noise: number): Plane {
  const { width, height, values } = plane;
  const slope = estimateSlope(plane);
  const rowOf = (line: number, x: number) => Math.round(line + slope * (x - width / 2));
  const at = (y: number, x: number) =>
    y < 0 || y >= height || x < 0 || x >= width ? 0 : (values[y * width + x] ?? 0);

  // The strength of each sloped row: the contrast that `MIN_LINE_COVERAGE` of its pixels reach, with a tolerance of one row.
  const drift = Math.ceil(Math.abs(slope) * width);
  const strength = new Map<number, number>();
  for (let line = -drift; line < height + drift; line++) {
    const along: number[] = [];
    for (let x = 0; x < width; x++) {
      const y = rowOf(line, x);
      if (y >= 0 && y < height) along.push(Math.max(at(y - 1, x), at(y, x), at(y + 1, x)));
    }
    // Skip the short rows in the corners.
    if (along.length > width / 10) strength.set(line, quantile(along, 1 - MIN_LINE_COVERAGE));
  }

  const inkContrast = quantile(values, 0.998);
  const threshold = Math.max(3 * noise, 0.05, inkContrast / 10);
  const maxThickness = Math.max(5, height * MAX_LINE_THICKNESS) + 2;
  const bands = bandsAbove(strength, threshold).filter(({ from, to }) => to - from + 1 <= maxThickness);
  // A single dark line may be the bar of a digit that fills the image.
  if (bands.length === 1 && (bands[0]?.strength ?? 0) > 0.6 * inkContrast) return plane;

  const cleaned = values.slice();
  for (const { from, to, strength: line } of bands) {
    const maxContrast = 1.4 * line + 2 * noise;
    for (let x = 0; x < width; x++) {
      const [top, bottom] = [rowOf(from, x), rowOf(to, x)];
      const hasInk = (y: number) => {
        for (let near = x - 2; near <= x + 2; near++) {
          if (at(y, near) > Math.max(threshold, inkContrast / 4)) return true;
        }
        return false;
      };
      // Ink on both sides crosses the line.
      if (hasInk(top - 2) && hasInk(bottom + 2)) continue;
      for (let y = Math.max(0, top); y <= Math.min(height - 1, bottom); y++) {
        if (at(y, x) <= maxContrast) cleaned[y * width + x] = 0;
      }
    }
  }
  return { width, height, values: cleaned };
}

/** Estimate the slope of the ruled lines: the slope at which the sums of adjacent rows differ most. */
function estimateSlope({ width, height, values }: Plane): number {
  const sharpness = (slope: number, skip: number) => {
    const sums = new Float64Array(height + 1);
    for (let x = skip >> 1; x < width; x += skip) {
      const shift = slope * (x - width / 2);
      for (let row = 0; row < height; row++) {
        const y = Math.round(row + shift);
        // The cap keeps dark ink from outweighing the lines.
        if (y >= 0 && y < height) sums[row] = (sums[row] ?? 0) + Math.min(0.3, values[y * width + x] ?? 0);
      }
    }
    let sum = 0;
    for (let row = 1; row < height; row++) sum += ((sums[row] ?? 0) - (sums[row - 1] ?? 0)) ** 2;
    return sum;
  };
  const findBest = (from: number, to: number, step: number, skip: number) => {
    let [bestSlope, maximum] = [0, sharpness(0, skip)];
    for (let slope = from; slope <= to; slope += step) {
      const value = sharpness(slope, skip);
      if (value > maximum) [bestSlope, maximum] = [slope, value];
    }
    return bestSlope;
  };
  const step = 3 / width;
  const coarse = findBest(-MAX_SLOPE, MAX_SLOPE, step, 4);
  return findBest(coarse - step, coarse + step, step / 5, 2);
}

/** Adjacent rows of a ruled line, `from` to `to`. */
interface Band {
  readonly from: number;
  readonly to: number;
  /** Maximum strength of the rows. */
  readonly strength: number;
}

/** Group adjacent rows whose strength is above the threshold. */
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
