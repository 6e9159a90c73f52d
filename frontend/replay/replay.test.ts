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
import type { Sign } from "@/lib/ink/segment";
import type { Glyph } from "@/lib/inference/types";
import { an } from "@/text/numbers";
import { COMPOSITION, composeNumbers, SIGNS } from "./compose";

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

  const predictions = new Map(all.map((sample) => [sample, predict(model, toInput(sample)).glyphs]));
  const evaluateSamples = (samples: readonly Sample[]) => {
    const split = samples.filter((sample) => predictions.get(sample)?.length !== 1);
    // Rejected digits count as well.
    const predictedNumber = (sample: Sample) => textOf(predictions.get(sample) ?? []);
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
  const evaluateNumbers = (length: number, signed = false) => {
    const composed = composeNumbers(validation, length, NUMBERS.count, NUMBERS.seed, signed);
    const results = composed.map(({ text, strokes, digits }) => {
      const { numbers, glyphs } = predict(model, { kind: "ink", strokes });
      const predicted = glyphs.map((glyph) => `${glyph.digit}:${glyph.strokes}`);
      const used = new Set(glyphs.flatMap((glyph) => glyph.strokes));
      const correct = digits.filter((digit) => {
        // Strokes that are left out as specks are not compared.
        const compared = digit.strokes.filter((stroke) => used.has(stroke));
        return predicted.includes(`${digit.label}:${compared}`);
      });
      const sameText = numbers.map(textOf).join(" ") === text;
      return { correct: correct.length, isCorrect: correct.length === length && sameText };
    });
    return {
      numbers: composed.length,
      digitAccuracy: share(
        results.reduce((sum, { correct }) => sum + correct, 0),
        composed.length * length,
      ),
      numberAccuracy: share(results.filter(({ isCorrect }) => isCorrect).length, composed.length),
    };
  };

  const report = {
    release,
    composition: { ...COMPOSITION, seed: NUMBERS.seed, signs: SIGNS },
    all: { ...evaluateSamples(all), misclassified: undefined },
    complete: { ...evaluateSamples(complete), misclassified: undefined },
    validation: evaluateSamples(validation),
    validationNumbers: { 2: evaluateNumbers(2), 3: evaluateNumbers(3), 4: evaluateNumbers(4) },
    signedNumbers: { 2: evaluateNumbers(2, true), 3: evaluateNumbers(3, true), 4: evaluateNumbers(4, true) },
  };
  mkdirSync(OUT, { recursive: true });
  writeFileSync(join(OUT, "replay.json"), `${JSON.stringify(report, null, 2)}\n`);
  console.log(JSON.stringify(report, null, 2), `\nWritten to ${join(OUT, "replay.json")}`);
  expect(report.complete.split / report.complete.samples).toBeLessThan(0.005);
  expect(report.validationNumbers[2].digitAccuracy).toBeGreaterThanOrEqual(0.95);
  expect(report.validationNumbers[2].numberAccuracy).toBeGreaterThanOrEqual(0.9);
  expect(report.validationNumbers[4].digitAccuracy).toBeGreaterThanOrEqual(0.95);
});

/** The predicted digits, even if they are rejected, and signs. */
function textOf(line: readonly (Pick<Glyph, "digit"> | Sign)[]): string {
  return line.map((symbol) => (typeof symbol === "string" ? symbol : symbol.digit)).join("");
}

function toInput({ strokes }: Sample) {
  return { kind: "ink", strokes } as const;
}

/** `part / total`, rounded to four decimals. */
function share(part: number, total: number): number {
  return Math.round((10_000 * part) / total) / 10_000;
}
