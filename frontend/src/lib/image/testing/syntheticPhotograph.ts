/** Synthetic photographs of digits for tests, with uneven illumination, ruled lines, rotation, noise and JPEG artefacts. */

import type { GreyscaleImage } from "../digitsFromImage";
import type { Raster } from "@/lib/ink/preprocess";

export interface Scene {
  /** Long side of a digit as a share of the short side of its part of the image. */
  readonly digitSize: number;
  /** Rotation of the digits and the lines, radians. */
  readonly rotation: number;
  /** Reflectance of the background, 0 (black) … 1 (white). */
  readonly background: number;
  /** Reflectance of the ink, 0 (black) … 1 (white). */
  readonly ink: number;
  /** Minimum illumination as a share of the maximum; 1 is uniform. */
  readonly minIllumination: number;
  /** Distance between ruled lines, pixels; 0 for none. */
  readonly lineSpacing: number;
  /** Whether there are vertical lines, too. */
  readonly grid: boolean;
  /** Contrast of the lines as a share of the ink's contrast. */
  readonly lineContrast: number;
  /** Standard deviation of the noise, in units of 1/255. */
  readonly noise: number;
  /** Increase of the JPEG quantisation step from the lowest to the highest frequency; 0 for no compression. */
  readonly jpegStep: number;
}

/** Return a generator of pseudorandom numbers in [0, 1) (mulberry32). The same seed gives the same numbers. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Render a photograph of `digits` side by side. */
export function renderPhotograph(
  digits: readonly Raster[],
  width: number,
  height: number,
  scene: Scene,
  random: () => number,
): GreyscaleImage {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const longSide = scene.digitSize * Math.min(width / digits.length, height);
  const offset = ((random() - 0.5) * (height - 1.3 * longSide)) / 2;
  const centres = digits.map((_, i) => ({
    x: ((i + 0.5) / digits.length) * width + ((random() - 0.5) * (width / digits.length - longSide)) / 2,
    y: height / 2 + offset + ((random() - 0.5) * longSide) / 4,
  }));
  const [sin, cos] = [Math.sin(scene.rotation), Math.cos(scene.rotation)];
  const [lightDirection, phase] = [random() * 2 * Math.PI, random() * scene.lineSpacing];

  const luminance = new Float64Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // Coordinates before the rotation.
      const [u, v] = [x - width / 2, y - height / 2];
      const [px, py] = [cos * u + sin * v + width / 2, cos * v - sin * u + height / 2];
      const onLine = (at: number) =>
        scene.lineSpacing > 0 && (at + phase + 10 * scene.lineSpacing) % scene.lineSpacing < 2;
      const lineInk = onLine(py) || (scene.grid && onLine(px)) ? scene.lineContrast : 0;
      const digitInk = digits.reduce((maximum, digit, i) => {
        const scale = Math.max(digit.width, digit.height) / longSide;
        const [dx, dy] = [(px - centres[i]!.x) * scale, (py - centres[i]!.y) * scale];
        return Math.max(maximum, interpolate(digit, dx + digit.width / 2, dy + digit.height / 2));
      }, 0);
      const reflectance = scene.background + (scene.ink - scene.background) * Math.max(digitInk, lineInk);
      const position = (Math.cos(lightDirection) * u) / width + (Math.sin(lightDirection) * v) / height;
      const shade = 0.5 - 0.5 * Math.cos(Math.PI * Math.min(1, Math.max(0, 0.5 + position)));
      const illumination = 1 - (1 - scene.minIllumination) * shade;
      luminance[y * width + x] = 255 * reflectance * illumination + scene.noise * normal();
    }
  }
  if (scene.jpegStep > 0) addJpegArtefacts(luminance, width, height, scene.jpegStep);
  return {
    width,
    height,
    luminance: Uint8Array.from(luminance, (value) => Math.min(255, Math.max(0, Math.round(value)))),
  };
}

/** The ink at a position, by bilinear interpolation. */
function interpolate({ width, height, ink }: Raster, x: number, y: number): number {
  const [left, top] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
  const [fx, fy] = [x - 0.5 - left, y - 0.5 - top];
  const at = (u: number, v: number) =>
    u < 0 || v < 0 || u >= width || v >= height ? 0 : (ink[v * width + u] ?? 0);
  return (
    (1 - fy) * ((1 - fx) * at(left, top) + fx * at(left + 1, top)) +
    fy * ((1 - fx) * at(left, top + 1) + fx * at(left + 1, top + 1))
  );
}

/** The basis of the discrete cosine transform: rows are frequencies, columns are positions. */
const COSINES = Array.from({ length: 8 }, (_, k) =>
  Array.from(
    { length: 8 },
    (_, n) => Math.sqrt((k === 0 ? 1 : 2) / 8) * Math.cos(((2 * n + 1) * k * Math.PI) / 16),
  ),
);

/** Quantise the cosine coefficients of each 8×8 block as JPEG does, more coarsely for higher frequencies. In place. */
function addJpegArtefacts(luminance: Float64Array, width: number, height: number, stepRange: number): void {
  const eight = [0, 1, 2, 3, 4, 5, 6, 7];
  for (let top = 0; top + 8 <= height; top += 8) {
    for (let left = 0; left + 8 <= width; left += 8) {
      const at = (y: number, x: number) => (top + y) * width + left + x;
      const block = eight.map((y) => eight.map((x) => luminance[at(y, x)]!));
      const transform = (matrix: number[][], basis: number[][]) =>
        eight.map((i) => eight.map((j) => eight.reduce((sum, k) => sum + basis[i]![k]! * matrix[j]![k]!, 0)));
      const coefficients = transform(transform(block, COSINES), COSINES);
      const quantised = coefficients.map((row, i) =>
        row.map((value, j) => {
          const step = 2 + (stepRange * (i + j)) / 14;
          return Math.round(value / step) * step;
        }),
      );
      const inverse = eight.map((i) => eight.map((j) => COSINES[j]![i]!));
      const pixels = transform(transform(quantised, inverse), inverse);
      eight.forEach((y) => eight.forEach((x) => (luminance[at(y, x)] = pixels[y]![x]!)));
    }
  }
}
