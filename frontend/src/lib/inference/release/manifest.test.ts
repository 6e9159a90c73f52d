import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReleaseError } from "../errors";
import { type Json, mutations, readBundled, readCases, readDocument, schemaOf } from "./documents.testing";
import { parseManifest } from "./manifest";

function accepts(parse: (json: Json) => unknown, json: Json): boolean {
  try {
    parse(json);
    return true;
  } catch (error) {
    if (error instanceof ReleaseError) return false;
    throw error;
  }
}

it("parses the bundled manifest", () => {
  const json = readBundled("manifest") as Record<string, Record<string, unknown>>;
  expect(parseManifest(json)).toEqual({
    release: json.release,
    accuracy: json.metrics!.accuracy,
    testImages: json.dataset!.test,
    split: json.dataset!.split,
    trainImages: json.dataset!.train,
    validationImages: json.dataset!.validation,
    usesFallbackData: false,
    input: json.input!.name,
    logits: json.outputs!.logits,
    temperature: json.calibration!.temperature,
    rejectionThreshold: json.calibration!.rejection_threshold,
    files: json.files,
  });
});

describe("accepts the documents that Python accepts", () => {
  it.each(readCases("manifest"))("manifest: %s", (_, json, valid) => {
    expect(accepts(parseManifest, json)).toBe(valid);
  });

  it("mutations of a manifest", () => {
    const matches = schemaOf("manifest");
    /** The JSON Schema cannot express this. */
    const areUnique = (json: Json) => {
      const paths = (json as { files: { path: string }[] }).files.map(({ path }) => path);
      return new Set(paths).size === paths.length;
    };
    fc.assert(
      fc.property(mutations("manifest"), (json) => {
        expect(accepts(parseManifest, json)).toBe(matches(json) && areUnique(json));
      }),
      { numRuns: 1000 },
    );
  });
});

describe("errors", () => {
  const problem = (json: Json) => {
    try {
      return parseManifest(json);
    } catch (error) {
      return (error as ReleaseError).problem;
    }
  };
  const manifest = readDocument("manifest") as Record<string, Json>;

  it("name the invalid value and the valid ones", () => {
    const metrics = { accuracy: 2, weighted_f1: 1 };
    expect(problem({ ...manifest, metrics })).toEqual({
      code: "invalid",
      where: "manifest.json metrics.accuracy",
      expected: "<=1",
    });
    expect(problem("text")).toEqual({ code: "invalid", where: "manifest.json", expected: "Object" });
  });

  it("report a newer schema version", () => {
    expect(problem({ ...manifest, schema: 2 })).toEqual({
      code: "newerSchema",
      where: "manifest.json",
      schema: 2,
    });
  });
});
