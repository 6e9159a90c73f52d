/**
 * Compares the accuracy for digits of two separate parts between strokes and pictures of the same strokes: 4s, 5s and 8s of
 * two strokes by the validation writers, moved apart if they touch. Run it with `npm run replay -- twoParts`.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { digitsFromImage, type GreyscaleImage } from "@/lib/image/digitsFromImage";
import { seededRandom } from "@/lib/image/testing/syntheticPhotograph";
import { draw } from "@/lib/ink/preprocess";
import { interpolate } from "@/lib/ink/segment";
import type { Stroke } from "@/lib/ink/strokes";
import { isValidationSample, PEN_DIGITS, readSamples } from "@/lib/ink/testing/penDigits";
import { predict } from "@/lib/inference/predict";
import { loadBundledModel } from "@/lib/inference/testing/bundledModel";
import type { Glyph } from "@/lib/inference/types";

const DATA = process.env.DIGITS_DATA_DIR;
const OUT = fileURLToPath(new URL("../../visualizations/replay/", import.meta.url));

const LABELS = [4, 5, 8];
/** Samples of each label. */
const COUNT = 100;
/** Side of the pictures, pixels. The digit is 160 pixels long. */
const SIDE = 320;
/** Range of the pen's diameter in pixels of MNIST's 28; 8 pixels of the picture each. */
const PEN = [1, 2.2] as const;
/** Range of the gap between the two parts, pixels. */
const GAP = [2, 8] as const;

it("two-part digits in pictures are classified about as well as the same strokes", async () => {
  if (DATA === undefined) throw new Error(`Set DIGITS_DATA_DIR to a folder that contains ${PEN_DIGITS}.`);
  const { model, release } = await loadBundledModel();
  const random = seededRandom(3);
  const between = ([min, max]: readonly [number, number]) => min + (max - min) * random();
  const validation = readSamples(join(DATA, PEN_DIGITS)).filter(isValidationSample);
  const results = LABELS.map((label) => {
    const twoParts = validation.filter((sample) => sample.label === label && sample.strokes.length === 2);
    const step = Math.max(1, Math.floor(twoParts.length / COUNT));
    const samples = twoParts.filter((_, i) => i % step === 0).slice(0, COUNT);
    const isCorrect = ([glyph, ...others]: readonly Glyph[]) => glyph?.digit === label && others.length === 0;
    const [ink, picture] = [[], []] as [boolean[], boolean[]];
    for (const sample of samples) {
      const pen = between(PEN);
      const strokes = moveApart(sample.strokes, 8 * pen + between(GAP), label === 4);
      ink.push(isCorrect(predict(model, { kind: "ink", strokes }).glyphs));
      const input = digitsFromImage(render(strokes, pen));
      picture.push(input !== null && isCorrect(predict(model, input).glyphs));
    }
    const correct = (of: readonly boolean[]) => of.filter(Boolean).length;
    return { label, samples: samples.length, ink: correct(ink), picture: correct(picture) };
  });
  const sum = (key: "samples" | "ink" | "picture") => results.reduce((total, each) => total + each[key], 0);
  const ratio = sum("picture") / sum("ink");
  const report = { release, gapPixels: GAP, results, ratio: Math.round(10_000 * ratio) / 10_000 };
  mkdirSync(OUT, { recursive: true });
  writeFileSync(join(OUT, "two-parts.json"), `${JSON.stringify(report, null, 2)}\n`);
  console.log(JSON.stringify(report, null, 2));
  expect(ratio).toBeGreaterThanOrEqual(0.95);
});

/** Move the second stroke away from the first one until its distance is `distance` pixels, if the digit is 160 pixels long. */
function moveApart(
  [first = [], second = []]: readonly Stroke[],
  distance: number,
  isHorizontal: boolean,
): Stroke[] {
  const [a, b] = [interpolate(first), interpolate(second)];
  const points = [...a, ...b];
  const extent = (values: readonly number[]) => Math.max(...values) - Math.min(...values);
  const pixel = Math.max(extent(points.map(({ x }) => x)), extent(points.map(({ y }) => y))) / 150;
  const centre = (of: readonly number[]) => (Math.max(...of) + Math.min(...of)) / 2;
  const dx = centre(b.map(({ x }) => x)) - centre(a.map(({ x }) => x));
  const dy = centre(b.map(({ y }) => y)) - centre(a.map(({ y }) => y));
  // The strokes of a 4 are beside each other, those of a 5 and of an 8 above each other.
  const direction = isHorizontal ? { x: Math.sign(dx) || 1, y: 0 } : { x: 0, y: Math.sign(dy) || 1 };
  for (let shift = 0; ; shift += pixel) {
    const move = ({ x, y }: { x: number; y: number }) => ({
      x: x + direction.x * shift,
      y: y + direction.y * shift,
    });
    const nearest = Math.min(
      ...b.map(move).map((p) => Math.min(...a.map((q) => Math.hypot(p.x - q.x, p.y - q.y)))),
    );
    if (nearest >= distance * pixel) return [first, second.map(move)];
  }
}

/** Dark strokes on a light background. */
function render(strokes: readonly Stroke[], pen: number): GreyscaleImage {
  const { width, height, ink } = draw(strokes, pen);
  const luminance = new Uint8Array(SIDE * SIDE).fill(240);
  const [left, top] = [Math.floor((SIDE - width) / 2), Math.floor((SIDE - height) / 2)];
  ink.forEach((value, i) => {
    const at = (top + Math.floor(i / width)) * SIDE + left + (i % width);
    luminance[at] = Math.round(240 - 210 * value);
  });
  return { width: SIDE, height: SIDE, luminance };
}
