/**
 * Accuracy of the page's predictions on recorded pen strokes: on every sample, and on numbers composed of samples. Runs the
 * code of the inference worker with the bundled release. `npm run replay`, with DIGITS_DATA_DIR set.
 */

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { predict } from "@/lib/inference/predict";
import { loadBundledModel } from "@/lib/inference/testing/bundledModel";
import { numberOf } from "@/text/numbers";
import { COMPOSITION, composeNumbers } from "./compose";
import { readSamples, type Sample, validates } from "./strokes";

const DATA = join(process.env.DIGITS_DATA_DIR ?? "", "strokes", "pendigits_train.json.gz");
const local = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const OUT = local("../../visualizations/replay/");
const NUMBERS = { count: 1000, seed: 2 };

it.skipIf(!existsSync(DATA))("replay", async () => {
  const { model, release } = await loadBundledModel();
  const { all, whole } = readSamples(DATA);
  const unseen = whole.filter(validates);

  const readings = new Map(all.map((sample) => [sample, predict(model, ink(sample))]));
  const single = (samples: readonly Sample[]) => {
    const split = samples.filter((sample) => readings.get(sample)?.length !== 1);
    const readAs = (sample: Sample) => numberOf(readings.get(sample) ?? []);
    const misread = samples.filter((sample) => readAs(sample) !== String(sample.label));
    const rejected = samples.filter((sample) => readings.get(sample)?.some((glyph) => glyph.rejected));
    return {
      samples: samples.length,
      accuracy: share(samples.length - misread.length, samples.length),
      split: split.length,
      rejected: share(rejected.length, samples.length),
      misread: misread.map((sample) => `${sample.id}: a ${sample.label} read as ${readAs(sample)}`),
    };
  };
  const numbers = (length: number) => {
    const composed = composeNumbers(unseen, length, NUMBERS.count, NUMBERS.seed);
    const right = composed.map(({ strokes, digits }) => {
      const found = predict(model, { kind: "ink", strokes }).map(
        (glyph) => `${glyph.digit}:${glyph.strokes}`,
      );
      return digits.filter((digit) => found.includes(`${digit.label}:${digit.strokes}`)).length;
    });
    return {
      numbers: composed.length,
      digitsRight: share(
        right.reduce((a, b) => a + b),
        composed.length * length,
      ),
      numbersRight: share(right.filter((count) => count === length).length, composed.length),
    };
  };

  const report = {
    release,
    composition: { ...COMPOSITION, seed: NUMBERS.seed },
    all: { ...single(all), misread: undefined },
    whole: { ...single(whole), misread: undefined },
    writersNeverSeen: single(unseen),
    numbersOfWritersNeverSeen: { 2: numbers(2), 3: numbers(3), 4: numbers(4) },
  };
  mkdirSync(OUT, { recursive: true });
  writeFileSync(join(OUT, "replay.json"), `${JSON.stringify(report, null, 2)}\n`);
  console.log(JSON.stringify(report, null, 2), `\nWritten to ${join(OUT, "replay.json")}`);
  expect(report.whole.split / report.whole.samples).toBeLessThan(0.005);
  expect(report.numbersOfWritersNeverSeen[2].digitsRight).toBeGreaterThanOrEqual(0.95);
  expect(report.numbersOfWritersNeverSeen[2].numbersRight).toBeGreaterThanOrEqual(0.9);
  expect(report.numbersOfWritersNeverSeen[4].digitsRight).toBeGreaterThanOrEqual(0.95);
});

function ink({ strokes }: Sample) {
  return { kind: "ink", strokes } as const;
}

/** `part / total`, rounded to four decimal places. */
function share(part: number, total: number): number {
  return Math.round((10_000 * part) / total) / 10_000;
}
