/** Photographs of digits on paper, made for tests: uneven light, printed lines, a shaky hand, grain and JPEG. */

import type { GreyImage } from "../digitsFromImage";
import type { Raster } from "@/lib/ink/preprocess";

export interface Scene {
  /** Long side of the digit as a share of the picture's short side. */
  readonly size: number;
  /** Radians. */
  readonly turn: number;
  /** Greys of 0…1. */
  readonly paper: number;
  readonly ink: number;
  /** Light at the darkest place, 1 is even light. */
  readonly dimmest: number;
  /** Pixels between the printed lines; 0: none. */
  readonly ruled: number;
  readonly squared: boolean;
  /** Share of the way from paper to ink. */
  readonly ruling: number;
  /** Standard deviation of the grain, in 0…255. */
  readonly grain: number;
  /** Step of the coarsest JPEG quantisation; 0: none. */
  readonly jpeg: number;
}

/** A generator of numbers in [0, 1) that gives the same ones on every machine (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Take a picture of `digits`, side by side. */
export function photograph(
  digits: readonly Raster[],
  width: number,
  height: number,
  scene: Scene,
  random: () => number,
): GreyImage {
  const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const long = scene.size * Math.min(width / digits.length, height);
  const drop = ((random() - 0.5) * (height - 1.3 * long)) / 2;
  const place = digits.map((_, i) => ({
    x: ((i + 0.5) / digits.length) * width + ((random() - 0.5) * (width / digits.length - long)) / 2,
    y: height / 2 + drop + ((random() - 0.5) * long) / 4,
  }));
  const [sin, cos] = [Math.sin(scene.turn), Math.cos(scene.turn)];
  const [towards, phase] = [random() * 2 * Math.PI, random() * scene.ruled];

  const light = new Float64Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // The sheet is turned, and everything on it with it.
      const [u, v] = [x - width / 2, y - height / 2];
      const [px, py] = [cos * u + sin * v + width / 2, cos * v - sin * u + height / 2];
      const onLine = (at: number) => scene.ruled > 0 && (at + phase + 10 * scene.ruled) % scene.ruled < 2;
      const printed = onLine(py) || (scene.squared && onLine(px)) ? scene.ruling : 0;
      const inked = digits.reduce((most, digit, i) => {
        const scale = Math.max(digit.width, digit.height) / long;
        const [dx, dy] = [(px - place[i]!.x) * scale, (py - place[i]!.y) * scale];
        return Math.max(most, sample(digit, dx + digit.width / 2, dy + digit.height / 2));
      }, 0);
      const paint = scene.paper + (scene.ink - scene.paper) * Math.max(inked, printed);
      const along = (Math.cos(towards) * u) / width + (Math.sin(towards) * v) / height;
      const dim = 0.5 - 0.5 * Math.cos(Math.PI * Math.min(1, Math.max(0, 0.5 + along)));
      const lit = 1 - (1 - scene.dimmest) * dim;
      light[y * width + x] = 255 * paint * lit + scene.grain * gauss();
    }
  }
  if (scene.jpeg > 0) compress(light, width, height, scene.jpeg);
  return { width, height, grey: Uint8Array.from(light, (v) => Math.min(255, Math.max(0, Math.round(v)))) };
}

function sample({ width, height, ink }: Raster, x: number, y: number): number {
  const [left, top] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
  const [fx, fy] = [x - 0.5 - left, y - 0.5 - top];
  const at = (u: number, v: number) =>
    u < 0 || v < 0 || u >= width || v >= height ? 0 : (ink[v * width + u] ?? 0);
  return (
    (1 - fy) * ((1 - fx) * at(left, top) + fx * at(left + 1, top)) +
    fy * ((1 - fx) * at(left, top + 1) + fx * at(left + 1, top + 1))
  );
}

const COSINES = Array.from({ length: 8 }, (_, k) =>
  Array.from(
    { length: 8 },
    (_, n) => Math.sqrt((k === 0 ? 1 : 2) / 8) * Math.cos(((2 * n + 1) * k * Math.PI) / 16),
  ),
);

/** What JPEG does to greys: each 8×8 block's cosines are rounded, the finer the pattern the coarser. */
function compress(light: Float64Array, width: number, height: number, coarsest: number): void {
  const eight = [0, 1, 2, 3, 4, 5, 6, 7];
  for (let top = 0; top + 8 <= height; top += 8) {
    for (let left = 0; left + 8 <= width; left += 8) {
      const at = (y: number, x: number) => (top + y) * width + left + x;
      const block = eight.map((y) => eight.map((x) => light[at(y, x)]!));
      const turn = (matrix: number[][], by: number[][]) =>
        eight.map((i) => eight.map((j) => eight.reduce((sum, k) => sum + by[i]![k]! * matrix[j]![k]!, 0)));
      const patterns = turn(turn(block, COSINES), COSINES);
      const rounded = patterns.map((row, i) =>
        row.map((value, j) => {
          const step = 2 + (coarsest * (i + j)) / 14;
          return Math.round(value / step) * step;
        }),
      );
      const back = eight.map((i) => eight.map((j) => COSINES[j]![i]!));
      const pixels = turn(turn(rounded, back), back);
      eight.forEach((y) => eight.forEach((x) => (light[at(y, x)] = pixels[y]![x]!)));
    }
  }
}
