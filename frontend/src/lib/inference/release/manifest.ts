/** What the page needs of a release's manifest: the reading side of `ml/release/manifest.schema.json`. */

import { ReleaseError } from "../errors";
import { asList, asNumber, asRecord, asString } from "./json";

/** The manifest versions that this page understands. */
const SCHEMA = 1;

/** The file of a release that says how well its network reads. Nothing that runs needs it. */
export const REPORT = "report.json";

/** Bytes of one file and of all files of a release; more would be no network for a web page. */
const FILE_LIMIT = 16 * 2 ** 20;
const RELEASE_LIMIT = 4 * FILE_LIMIT;

export interface ReleaseFile {
  /** A bare file name next to the manifest. */
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

export interface Manifest {
  /** 16 hex digits. */
  readonly release: string;
  /** Share of the `testImages` read right, 0…1. */
  readonly accuracy: number;
  readonly testImages: number;
  /** Whether training and validation share no writer, or were only drawn at random, label by label. */
  readonly split: "writers" | "stratified";
  readonly trainImages: number;
  readonly validationImages: number;
  /** Whether the wanted dataset was out of reach and a small stand-in was trained on. */
  readonly standIn: boolean;
  /** Name of the graph's input: (batch, 28, 28, 1), 0…255. */
  readonly input: string;
  /** Name of the graph's node that holds the ten logits. */
  readonly logits: string;
  /** Confidence = softmax(logits / temperature); above 0. */
  readonly temperature: number;
  /** An answer of less confidence is most likely no digit, 0…1. */
  readonly rejectionThreshold: number;
  readonly files: readonly ReleaseFile[];
}

/**
 * @param json - A parsed `manifest.json`.
 * @throws ReleaseError when it breaks the contract, or is of a newer version of it.
 */
export function parseManifest(json: unknown): Manifest {
  const manifest = asRecord(json, "manifest");
  parseSchemaNumber(manifest, "manifest");
  const dataset = asRecord(manifest.dataset, "manifest.dataset");
  const metrics = asRecord(manifest.metrics, "manifest.metrics");
  const input = asRecord(manifest.input, "manifest.input");
  const outputs = asRecord(manifest.outputs, "manifest.outputs");
  const calibration = asRecord(manifest.calibration, "manifest.calibration");

  if (JSON.stringify(input.shape) !== "[-1,28,28,1]" || JSON.stringify(input.range) !== "[0,255]") {
    throw new ReleaseError({ code: "invalid", where: "manifest.input", expected: "images" });
  }
  const files = asList(manifest.files, "manifest.files").map(parseFile);
  if (!files.some(({ path }) => path === "model.json")) {
    throw new ReleaseError({ code: "noGraph" });
  }
  if (files.reduce((sum, { bytes }) => sum + bytes, 0) > RELEASE_LIMIT) {
    throw new ReleaseError({ code: "releaseTooLarge", limit: RELEASE_LIMIT });
  }

  return {
    release: parseReleaseId(manifest.release, "manifest.release"),
    accuracy: asNumber(metrics.accuracy, "manifest.metrics.accuracy", 0, 1),
    testImages: asNumber(dataset.test, "manifest.dataset.test", 1),
    split: parseSplit(dataset.split),
    trainImages: asNumber(dataset.train, "manifest.dataset.train", 1),
    validationImages: asNumber(dataset.validation, "manifest.dataset.validation", 1),
    standIn: dataset.fallback === true,
    input: asString(input.name, "manifest.input.name"),
    logits: asString(outputs.logits, "manifest.outputs.logits"),
    temperature: asNumber(calibration.temperature, "manifest.calibration.temperature", Number.MIN_VALUE),
    rejectionThreshold: asNumber(
      calibration.rejection_threshold,
      "manifest.calibration.rejection_threshold",
      0,
      1,
    ),
    files,
  };
}

/** What `models/current.json` points at. */
export interface CurrentRelease {
  readonly release: string;
  /** The manifest's path in Storage, `models/<release>/manifest.json`. */
  readonly manifest: ReleaseFile;
}

/**
 * @param json - A parsed `current.json`.
 * @throws ReleaseError when it breaks the contract, or is of a newer version of it.
 */
export function parseCurrentRelease(json: unknown): CurrentRelease {
  const current = asRecord(json, "current.json");
  parseSchemaNumber(current, "current.json");
  const release = parseReleaseId(current.release, "current.json release");
  const manifest = asRecord(current.manifest, "current.json manifest");
  const path = `models/${release}/manifest.json`;
  if (manifest.path !== path)
    throw new ReleaseError({
      code: "invalid",
      where: "current.json manifest.path",
      expected: { value: path },
    });
  return { release, manifest: { path, ...parseContent(manifest, "current.json manifest") } };
}

/** @throws ReleaseError when the JSON is of a newer version of its contract than this page knows. */
export function parseSchemaNumber(record: Record<string, unknown>, where: string): void {
  const schema = asNumber(record.schema, `${where} schema`, 1);
  if (schema > SCHEMA) throw new ReleaseError({ code: "newerSchema", where, schema });
}

function parseReleaseId(value: unknown, where: string): string {
  const id = asString(value, where);
  if (!/^[0-9a-f]{16}$/.test(id))
    throw new ReleaseError({ code: "invalid", where, expected: { hexDigits: 16 } });
  return id;
}

function parseSplit(value: unknown): Manifest["split"] {
  if (value === "writers" || value === "stratified") return value;
  throw new ReleaseError({ code: "invalid", where: "manifest.dataset.split", expected: "split" });
}

function parseFile(value: unknown): ReleaseFile {
  const file = asRecord(value, "manifest.files[]");
  const path = asString(file.path, "manifest.files[].path");
  // A release may only name files next to its manifest.
  if (!/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(path)) {
    throw new ReleaseError({ code: "outsideRelease", path });
  }
  return { path, ...parseContent(file, `manifest.files ${path}`) };
}

function parseContent(record: Record<string, unknown>, where: string): Omit<ReleaseFile, "path"> {
  const sha256 = asString(record.sha256, `${where} sha256`);
  if (!/^[0-9a-f]{64}$/.test(sha256))
    throw new ReleaseError({ code: "invalid", where: `${where} sha256`, expected: { hexDigits: 64 } });
  return { bytes: asNumber(record.bytes, `${where} bytes`, 1, FILE_LIMIT), sha256 };
}
