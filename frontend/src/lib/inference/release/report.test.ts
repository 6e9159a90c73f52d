import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020";
import { describe, expect, it } from "vitest";
import { parseReport, readReport } from "./report";
import { ReleaseError } from "../errors";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");

const validate = new Ajv2020({ strictTypes: false }).compile(
  JSON.parse(read("../../../../../ml/release/report.schema.json")) as Record<string, unknown>,
);

interface Json {
  [key: string]: Json;
}

/** What Python wrote, and the sections that it may lack. */
function whole(): Json {
  const report = JSON.parse(read("../../../../public/model/report.json")) as Json;
  const bin = (i: number) => ({
    images: i,
    confidence: i === 0 ? null : (i + 0.5) / 15,
    accuracy: i === 0 ? null : 0.5,
  });
  const reliability = Array.from({ length: 15 }, (_, i) => bin(i));
  const share = (images: number) => ({ images, accuracy: 0.5 });
  const { metrics } = report as { metrics: Json };
  Object.assign(metrics.test!, {
    reliability,
    uncalibrated: { negative_log_likelihood: 1, expected_calibration_error: 0.25, reliability },
    corrected: { ...share(9997), corrected: 10, left_out: 3 },
  });
  const digits = Array.from({ length: 10 }, (_, digit) => ({ digit, ...share(9) }));
  Object.assign(metrics, {
    strokes: {
      ...metrics.test!,
      writers: [{ writer: 3, ...share(9) }],
      worst_writer: { writer: 3, ...share(9) },
      digits: [{ digit: 0, images: 0, accuracy: null }, ...digits.slice(1)],
    },
    mnist_c: { images: 10_000, mean_accuracy: 0.75, corruptions: { fog: 0.5, shear: 1 } },
    rejection: {
      digits: 10_000,
      non_digits: 799,
      auroc: 0.97,
      threshold_at_99: 0.8,
      rejected_at_99: 0.7,
      shipped: { threshold: 0.75, digits_passing: 0.99, non_digits_rejected: 0.6 },
      risk_coverage: [
        { coverage: 1, digits: 0.01, all: 0.08 },
        { coverage: 0.5, digits: 0, all: 0 },
      ],
    },
  });
  Object.assign(report, { teachers: [{ run: "wide-seed0", accuracy: 0.75, weighted_f1: 0.5 }] });
  return report;
}

describe("the bundled release's report", () => {
  it("is valid by the schema that both sides share, and understood", () => {
    const json: unknown = JSON.parse(read("../../../../public/model/report.json"));
    expect(validate(json), JSON.stringify(validate.errors)).toBe(true);
    const report = parseReport(json);
    expect(report.test.images).toBe(report.test.confusion.flat().reduce((sum, images) => sum + images));
    const wrong = report.test.confusion.flatMap((row, label) => row.filter((_, i) => i !== label));
    const misread = report.mistakes.filter(({ set }) => set === "test");
    expect(misread).toHaveLength(
      Math.min(
        100,
        wrong.reduce((sum, images) => sum + images),
      ),
    );
    expect(Math.max(...misread[0]!.pixels)).toBeGreaterThan(200);
  });
});

describe("a report with everything", () => {
  it("is valid, and every section is read", () => {
    const json = whole();
    expect(validate(json), JSON.stringify(validate.errors)).toBe(true);
    const report = parseReport(json);
    expect(report).toMatchObject({
      teachers: [{ run: "wide-seed0", accuracy: 0.75, strokesAccuracy: null }],
      corrected: { corrected: 10, leftOut: 3 },
      strokes: { writers: [{ writer: 3, images: 9, accuracy: 0.5 }] },
      corruptions: { meanAccuracy: 0.75, kinds: [{ name: "shear" }, { name: "fog" }] },
      rejection: { auroc: 0.97, digitsPassing: 0.99, nonDigitsRejected: 0.6 },
    });
    expect(report.test.uncalibrated?.error).toBe(0.25);
    expect(report.rejection?.riskCoverage.map(({ coverage }) => coverage)).toEqual([0.5, 1]);
  });

  it("tells of no bin and no digit that nothing fell into", () => {
    const { test, strokes } = parseReport(whole());
    expect(test.calibrated.bins).toHaveLength(14);
    expect(test.calibrated.bins[0]).toEqual({ images: 1, confidence: 0.1, accuracy: 0.5 });
    expect(strokes?.digits.map(({ digit }) => digit)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("counts epochs from 1", () => {
    expect(parseReport(whole()).history[0]?.epoch).toBe(1);
  });
});

it("what was not measured is null or empty, and nothing else is missing", () => {
  const json = whole();
  const metrics = json.metrics!;
  delete json.teachers;
  for (const name of ["strokes", "mnist_c", "rejection"]) delete metrics[name];
  for (const name of ["corrected", "reliability", "uncalibrated"]) delete metrics.test![name];
  expect(validate(json)).toBe(true);
  const report = parseReport(json);
  expect(report.teachers).toEqual([]);
  expect(report).toMatchObject({ strokes: null, corruptions: null, rejection: null, corrected: null });
  expect(report.test).toMatchObject({ uncalibrated: null, calibrated: { bins: [] } });
});

/** Ways to break a report that the schema refuses; the page must refuse them too. */
const breakages: Record<string, (json: Json) => unknown> = {
  "no schema number": (json) => delete json.schema,
  "a newer schema": (json) => Object.assign(json, { schema: 2 }),
  "no metrics": (json) => delete json.metrics,
  "an accuracy above 1": (json) => Object.assign(json.metrics!.test!, { accuracy: 99.5 }),
  "an accuracy that is no number": (json) => Object.assign(json.metrics!.test!, { accuracy: "0.99" }),
  "nine digits": (json) => (json.metrics!.test!.class_f1 as unknown as number[]).pop(),
  "a torn matrix": (json) => (json.metrics!.test!.confusion_matrix as unknown as number[][])[3]!.pop(),
  "half an image": (json) => ((json.metrics!.test!.confusion_matrix as unknown as number[][])[3]![3] = 0.5),
  "a temperature of 0": (json) => Object.assign(json.metrics!.calibration!, { temperature: 0 }),
  "corruptions without figures": (json) =>
    Object.assign(json.metrics!.mnist_c!, { corruptions: { fog: null } }),
  "half a rejection": (json) => delete json.metrics!.rejection!.shipped,
  "no seeds": (json) => Object.assign(json, { seeds: [] }),
  "a history that is no list": (json) => Object.assign(json, { history: {} }),
  "an image of another size": (json) => Object.assign(json.mistakes![0]!, { image: "AAAA" }),
  "an image that is no Base64": (json) => Object.assign(json.mistakes![0]!, { image: "*".repeat(1048) }),
  "a mistake of another set": (json) => Object.assign(json.mistakes![0]!, { set: "train" }),
  "an eleventh digit": (json) => Object.assign(json.mistakes![0]!, { predicted: 10 }),
  "a card without text": (json) => Object.assign(json.card![0]!, { paragraphs: "text" }),
  "a nameless teacher": (json) => delete json.teachers![0]!.run,
  "no facts": (json) => delete json.facts,
};

it.each(Object.entries(breakages))(
  "a report with %s is refused by the schema and by the page",
  (_, breakIt) => {
    const json = whole();
    breakIt(json);
    expect(validate(json)).toBe(false);
    expect(() => parseReport(json)).toThrow(ReleaseError);
  },
);

it.each(["<!doctype html>", "", "\xff\xfe"])("%j is no report", (content) => {
  const bytes = Uint8Array.from(content, (character) => character.charCodeAt(0)).buffer;
  expect(() => readReport(bytes)).toThrow(ReleaseError);
});
