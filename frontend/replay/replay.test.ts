/**
 * Measures the accuracy on recorded pen strokes, for single samples and for numbers composed of samples. Runs the code of the
 * inference worker with the bundled release. Run it with `npm run replay`; the folder DIGITS_DATA_DIR must contain
 * `strokes/pendigits-orig.tra`.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import {
  isComplete,
  isValidationSample,
  PEN_DIGITS,
  readSamples,
  type Sample,
} from "@/lib/ink/testing/penDigits";
import { predict } from "@/lib/inference/predict";
import { loadBundledModel } from "@/lib/inference/testing/bundledModel";
import { an } from "@/text/numbers";
import { COMPOSITION, composeNumbers } from "./compose";

const DATA = process.env.DIGITS_DATA_DIR;
const local = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const OUT = local("../../visualizations/replay/");
const NUMBERS = { count: 1000, seed: 2 };

it("measures the accuracy on pen strokes and writes replay.json", async () => {
  if (DATA === undefined) throw new Error(`Set DIGITS_DATA_DIR to a folder that contains ${PEN_DIGITS}.`);
  const { model, release } = await loadBundledModel();
  const all = readSamples(join(DATA, PEN_DIGITS));
  const complete = all.filter(isComplete);
  const validation = complete.filter(isValidationSample);

  const predictions = new Map(all.map((sample) => [sample, predict(model, toInput(sample))]));
  const evaluateSamples = (samples: readonly Sample[]) => {
    const split = samples.filter((sample) => predictions.get(sample)?.length !== 1);
    // Rejected digits count as well.
    const predictedNumber = (sample: Sample) =>
      (predictions.get(sample) ?? []).map(({ digit }) => digit).join("");
    const misclassified = samples.filter((sample) => predictedNumber(sample) !== String(sample.label));
    const rejected = samples.filter((sample) => predictions.get(sample)?.some((glyph) => glyph.rejected));
    return {
      samples: samples.length,
      accuracy: share(samples.length - misclassified.length, samples.length),
      split: split.length,
      rejected: share(rejected.length, samples.length),
      misclassified: misclassified.map(
        (sample) => `${sample.id}: ${an(sample.label)} predicted as ${predictedNumber(sample)}`,
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
      digitAccuracy: share(
        correctDigits.reduce((a, b) => a + b),
        composed.length * length,
      ),
      numberAccuracy: share(correctDigits.filter((count) => count === length).length, composed.length),
    };
  };

  const report = {
    release,
    composition: { ...COMPOSITION, seed: NUMBERS.seed },
    all: { ...evaluateSamples(all), misclassified: undefined },
    complete: { ...evaluateSamples(complete), misclassified: undefined },
    validation: evaluateSamples(validation),
    validationNumbers: { 2: evaluateNumbers(2), 3: evaluateNumbers(3), 4: evaluateNumbers(4) },
  };
  mkdirSync(OUT, { recursive: true });
  writeFileSync(join(OUT, "replay.json"), `${JSON.stringify(report, null, 2)}\n`);
  console.log(JSON.stringify(report, null, 2), `\nWritten to ${join(OUT, "replay.json")}`);
  expect(report.complete.split / report.complete.samples).toBeLessThan(0.005);
  expect(report.validationNumbers[2].digitAccuracy).toBeGreaterThanOrEqual(0.95);
  expect(report.validationNumbers[2].numberAccuracy).toBeGreaterThanOrEqual(0.9);
  expect(report.validationNumbers[4].digitAccuracy).toBeGreaterThanOrEqual(0.95);
});

function toInput({ strokes }: Sample) {
  return { kind: "ink", strokes } as const;
}

/** `part / total`, rounded to four decimals. */
function share(part: number, total: number): number {
  return Math.round((10_000 * part) / total) / 10_000;
}
