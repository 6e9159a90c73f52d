import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReleaseError } from "../errors";
import {
  change,
  type Json,
  mutations,
  readBundled,
  readCases,
  readDocument,
  schemaOf,
} from "./documents.testing";
import { parseReport, readReport } from "./report";

function accepts(json: Json): boolean {
  try {
    parseReport(json);
    return true;
  } catch (error) {
    if (error instanceof ReleaseError) return false;
    throw error;
  }
}

it("parses the bundled report", () => {
  const report = parseReport(readBundled("report"));
  expect(report.test.images).toBe(report.test.confusion.flat().reduce((sum, images) => sum + images));
  const wrong = report.test.confusion.flatMap((row, label) => row.filter((_, i) => i !== label));
  const mistakes = report.mistakes.filter(({ set }) => set === "test");
  expect(mistakes).toHaveLength(
    Math.min(
      100,
      wrong.reduce((sum, images) => sum + images),
    ),
  );
  expect(Math.max(...mistakes[0]!.pixels)).toBeGreaterThan(200);
});

describe("a report with every metric", () => {
  const json = readDocument("report") as Record<string, Record<string, Record<string, Json>>>;
  const report = parseReport(json);

  it("has the values of the JSON", () => {
    const { test, ink_test: inkTest, strokes, unipen, rejection, mnist_c: corruptions } = json.metrics!;
    expect(report.test).toMatchObject({
      images: test!.images,
      accuracy: test!.accuracy,
      weightedF1: test!.weighted_f1,
      classF1: test!.class_f1,
      confusion: test!.confusion_matrix,
      calibrated: { error: test!.expected_calibration_error },
      uncalibrated: { error: (test!.uncalibrated as Record<string, Json>).expected_calibration_error },
    });
    expect(report.corrected).toEqual({ accuracy: expect.any(Number) as number, corrected: 10, leftOut: 5 });
    expect(report.inkTest).toMatchObject({
      accuracy: inkTest!.accuracy,
      writers: inkTest!.writers,
      leftOut: 3,
    });
    expect(report.unipen).toMatchObject({
      accuracy: unipen!.accuracy,
      labs: unipen!.labs,
      slashedZeros: { images: 4, accuracy: 0.75 },
    });
    expect(report.validationRejection).toMatchObject({
      rejectedAt99: 0.7,
      kinds: [
        { kind: "letters", nonDigits: 200, rejectedAt99: 0.75 },
        { kind: "signs", nonDigits: 100, rejectedAt99: 0.6 },
      ],
    });
    expect(report.strokes).toMatchObject({
      leftOut: null,
      accuracy: strokes!.accuracy,
      writers: strokes!.writers,
    });
    expect(report.rejection).toMatchObject({
      digits: rejection!.digits,
      nonDigits: rejection!.non_digits,
      auroc: rejection!.auroc,
      digitsPassing: (rejection!.shipped as Record<string, Json>).digits_passing,
      nonDigitsRejected: (rejection!.shipped as Record<string, Json>).non_digits_rejected,
    });
    expect(report.corruptions).toMatchObject({
      images: 10_000,
      meanAccuracy: corruptions!.mean_accuracy,
    });
    expect(report.temperature).toBe(json.metrics!.calibration!.temperature);
    expect(report.card).toEqual(json.card);
    expect(report.facts).toEqual({
      parameters: 231434,
      multiplyAdds: 18470336,
      weights: "uint8",
      bytes: 251512,
    });
    const [seed] = json.seeds as unknown as Record<string, Json>[];
    expect(report.seeds[0]).toEqual({
      seed: 0,
      accuracy: seed!.accuracy,
      weightedF1: seed!.weighted_f1,
      correctedAccuracy: seed!.corrected_accuracy,
      inkTestAccuracy: seed!.ink_test_accuracy,
      corruptionsAccuracy: seed!.mnist_c_accuracy,
      strokesAccuracy: seed!.strokes_accuracy,
      unipenAccuracy: seed!.unipen_accuracy,
    });
    expect(report.teachers.map(({ run }) => run)).toEqual([
      "production-seed0-77c537ec",
      "production-seed1-2cd6a8d4",
    ]);
  });

  it("sorts corruptions by accuracy and risk by coverage", () => {
    expect(report.corruptions?.kinds.map(({ name }) => name)).toEqual(["fog", "shear", "zigzag"]);
    expect(report.rejection?.riskCoverage.map(({ coverage }) => coverage)).toEqual([0.5, 1]);
  });

  it("omits empty bins and digits that do not occur", () => {
    const bins = json.metrics!.test!.reliability as Record<string, Json>[];
    expect(report.test.calibrated.bins).toEqual(
      bins.flatMap((bin, i) => (bin.images === 0 ? [] : [{ ...bin, low: i / 15, high: (i + 1) / 15 }])),
    );
    expect(report.strokes?.digits.map(({ digit }) => digit)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("counts epochs from 1", () => {
    expect(report.history.map(({ epoch }) => epoch)).toEqual([1, 2]);
    const [row] = json.history as unknown as Record<string, Json>[];
    expect(report.history[0]).toMatchObject({
      loss: row!.loss,
      accuracy: row!.accuracy,
      validationLoss: row!.val_loss,
      validationAccuracy: row!.val_accuracy,
    });
  });

  it("decodes the images of mistakes", () => {
    const { pixels, set } = report.mistakes[0]!;
    expect(set).toBe("test");
    expect(pixels).toHaveLength(784);
    expect([...pixels.slice(0, 6)]).toEqual([0, 0, 255, 0, 0, 255]);
  });
});

it("missing metrics are null or empty", () => {
  const sets = ["ink_test", "mnist_c", "rejection", "strokes", "unipen", "validation_rejection"];
  const removed = ["teachers", ...sets.map((set) => `metrics.${set}`)];
  const ofTest = ["corrected", "reliability", "uncalibrated"].map((name) => `metrics.test.${name}`);
  const report = parseReport(
    change(
      readDocument("report"),
      [...removed, ...ofTest].map((place) => [place] as const),
    ),
  );
  expect(report).toMatchObject({
    inkTest: null,
    corruptions: null,
    rejection: null,
    strokes: null,
    unipen: null,
    validationRejection: null,
    corrected: null,
    teachers: [],
    test: { uncalibrated: null, calibrated: { bins: [] } },
  });
});

describe("accepts the documents that Python accepts", () => {
  it.each(readCases("report"))("%s", (_, json, valid) => {
    expect(accepts(json)).toBe(valid);
  });

  it("mutations of a report", () => {
    const matches = schemaOf("report");
    fc.assert(
      fc.property(mutations("report"), (json) => {
        expect(accepts(json)).toBe(matches(json));
      }),
      { numRuns: 1000 },
    );
  });
});

it.each(["<!doctype html>", "", "\xff\xfe"])("rejects %j", (content) => {
  const bytes = Uint8Array.from(content, (character) => character.charCodeAt(0)).buffer;
  expect(() => readReport(bytes)).toThrow(ReleaseError);
});
