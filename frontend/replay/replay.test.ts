/**
 * Measures the accuracy on recorded pen strokes, for single samples and for numbers composed of samples. Runs the code of the
 * inference worker with the bundled release. Run it with `npm run replay`; DIGITS_DATA_DIR must be set.
 */

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { predict } from "@/lib/inference/predict";
import { loadBundledModel } from "@/lib/inference/testing/bundledModel";
import { numberOf } from "@/text/numbers";
import { COMPOSITION, composeNumbers } from "./compose";
import { isValidationSample, readSamples, type Sample } from "./strokes";

const DATA = join(process.env.DIGITS_DATA_DIR ?? "", "strokes", "pendigits_train.json.gz");
const local = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const OUT = local("../../visualizations/replay/");
const NUMBERS = { count: 1000, seed: 2 };

it.skipIf(!existsSync(DATA))("measures the accuracy on pen strokes and writes replay.json", async () => {
  const { model, release } = await loadBundledModel();
  const { all, complete } = readSamples(DATA);
  const validation = complete.filter(isValidationSample);

  const predictions = new Map(all.map((sample) => [sample, predict(model, toInput(sample))]));
  const evaluateSamples = (samples: readonly Sample[]) => {
    const split = samples.filter((sample) => predictions.get(sample)?.length !== 1);
    const predictedNumber = (sample: Sample) => numberOf(predictions.get(sample) ?? []);
    const misclassified = samples.filter((sample) => predictedNumber(sample) !== String(sample.label));
    const rejected = samples.filter((sample) => predictions.get(sample)?.some((glyph) => glyph.rejected));
    return {
      samples: samples.length,
      accuracy: share(samples.length - misclassified.length, samples.length),
      split: split.length,
      rejected: share(rejected.length, samples.length),
      misread: misclassified.map(
        (sample) => `${sample.id}: a ${sample.label} read as ${predictedNumber(sample)}`,
      ),
    };
  };
  const evaluateNumbers = (length: number) => {
    const composed = composeNumbers(validation, length, NUMBERS.count, NUMBERS.seed);
    const correctDigits = composed.map(({ strokes, digits }) => {
      const predicted = predict(model, { kind: "ink", strokes }).map(
        (glyph) => `${glyph.digit}:${glyph.strokes}`,
      );
      return digits.filter((digit) => predicted.includes(`${digit.label}:${digit.strokes}`)).length;
    });
    return {
      numbers: composed.length,
      digitsRight: share(
        correctDigits.reduce((a, b) => a + b),
        composed.length * length,
      ),
      numbersRight: share(correctDigits.filter((count) => count === length).length, composed.length),
    };
  };

  const report = {
    release,
    composition: { ...COMPOSITION, seed: NUMBERS.seed },
    all: { ...evaluateSamples(all), misread: undefined },
    whole: { ...evaluateSamples(complete), misread: undefined },
    writersNeverSeen: evaluateSamples(validation),
    numbersOfWritersNeverSeen: { 2: evaluateNumbers(2), 3: evaluateNumbers(3), 4: evaluateNumbers(4) },
  };
  mkdirSync(OUT, { recursive: true });
  writeFileSync(join(OUT, "replay.json"), `${JSON.stringify(report, null, 2)}\n`);
  console.log(JSON.stringify(report, null, 2), `\nWritten to ${join(OUT, "replay.json")}`);
  expect(report.whole.split / report.whole.samples).toBeLessThan(0.005);
  expect(report.numbersOfWritersNeverSeen[2].digitsRight).toBeGreaterThanOrEqual(0.95);
  expect(report.numbersOfWritersNeverSeen[2].numbersRight).toBeGreaterThanOrEqual(0.9);
  expect(report.numbersOfWritersNeverSeen[4].digitsRight).toBeGreaterThanOrEqual(0.95);
});

function toInput({ strokes }: Sample) {
  return { kind: "ink", strokes } as const;
}

/** `part / total`, rounded to four decimals. */
function share(part: number, total: number): number {
  return Math.round((10_000 * part) / total) / 10_000;
}
