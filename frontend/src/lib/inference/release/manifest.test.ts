import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020";
import { describe, expect, it } from "vitest";
import { parseCurrentRelease, parseManifest } from "./manifest";
import { ReleaseError } from "../errors";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");

const validate = new Ajv2020({ strictTypes: false }).compile(
  JSON.parse(read("../../../../../ml/release/manifest.schema.json")) as Record<string, unknown>,
);

// What Python wrote is the example; every test starts from a fresh copy.
const bundled = () => JSON.parse(read("../../../../public/model/manifest.json")) as ManifestJson;

type ManifestJson = Record<string, unknown> & {
  dataset: Record<string, unknown>;
  metrics: Record<string, unknown>;
  input: Record<string, unknown>;
  outputs: Record<string, unknown>;
  calibration: Record<string, unknown>;
  files: Record<string, unknown>[];
};

describe("the bundled release's manifest", () => {
  it("is valid by the schema that both sides share", () => {
    expect(validate(bundled()), JSON.stringify(validate.errors)).toBe(true);
  });

  it("is understood", () => {
    const json = bundled();
    expect(parseManifest(json)).toMatchObject({
      release: json.release,
      accuracy: json.metrics.accuracy,
      logits: json.outputs.logits,
      temperature: json.calibration.temperature,
      rejectionThreshold: json.calibration.rejection_threshold,
      files: json.files,
    });
  });
});

/** Ways to break a manifest that the schema refuses; the page must refuse them too. */
const breakages: Record<string, (json: ManifestJson) => void> = {
  "no schema number": (json) => delete json.schema,
  "a newer schema": (json) => (json.schema = 2),
  "a release id that is no hash": (json) => (json.release = "latest"),
  "no dataset": (json) => delete (json as Record<string, unknown>).dataset,
  "no test images": (json) => (json.dataset.test = 0),
  "an accuracy above 1": (json) => (json.metrics.accuracy = 99.2),
  "another input shape": (json) => (json.input.shape = [-1, 32, 32, 1]),
  "another input range": (json) => (json.input.range = [0, 1]),
  "no logits": (json) => delete json.outputs.logits,
  "a temperature of 0": (json) => (json.calibration.temperature = 0),
  "files that are no list": (json) => ((json as Record<string, unknown>).files = {}),
  "no model.json": (json) => (json.files = json.files.map((file) => ({ ...file, path: "other.bin" }))),
  "a path out of the release": (json) => (json.files[0] = { ...json.files[0], path: "../secrets.bin" }),
  "an absolute path": (json) => (json.files[0] = { ...json.files[0], path: "/etc/passwd" }),
  "a URL for a path": (json) => (json.files[0] = { ...json.files[0], path: "https://example.org/a" }),
  "a file too large": (json) => (json.files[0] = { ...json.files[0], bytes: 1e9 }),
  "a short hash": (json) => (json.files[0] = { ...json.files[0], sha256: "abc" }),
};

describe.each(Object.entries(breakages))("a manifest with %s", (_, breakIt) => {
  const json = bundled();
  breakIt(json);

  it("is refused by the schema and by the page", () => {
    expect(validate(json)).toBe(false);
    expect(() => parseManifest(json)).toThrow(ReleaseError);
  });
});

it("a manifest with files too large altogether is refused", () => {
  const json = bundled();
  json.files = Array(100).fill({ ...json.files[0], path: "model.json", bytes: 1e6 });
  expect(() => parseManifest(json)).toThrow(/releaseTooLarge/);
});

it.each([null, [], "text", 7])("%j is no manifest", (json) => {
  expect(() => parseManifest(json)).toThrow(ReleaseError);
});

describe("current.json", () => {
  const release = "0123456789abcdef";
  const manifest = { path: `models/${release}/manifest.json`, bytes: 2345, sha256: "a".repeat(64) };
  const current = { schema: 1, release, manifest };

  it("names a release and vouches for its manifest", () => {
    expect(parseCurrentRelease(current)).toEqual({ release, manifest });
  });

  it.each([
    ["a newer schema", { ...current, schema: 2 }],
    ["no release", { ...current, release: undefined }],
    ["another release's manifest", { ...current, release: "f".repeat(16) }],
    ["no hash", { ...current, manifest: { ...manifest, sha256: undefined } }],
  ])("with %s is refused", (_, json) => {
    expect(() => parseCurrentRelease(json)).toThrow(ReleaseError);
  });
});
