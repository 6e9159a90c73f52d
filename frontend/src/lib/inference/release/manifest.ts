/** Schema of a release's manifest, which `ml/release/manifest.py` defines. */

import * as v from "valibot";
import {
  finite,
  integer,
  parseDocument,
  positiveCount,
  schemaVersion,
  share,
  temperature,
  weightDtype,
} from "./json";

/** The file that the model page shows. The model runs without it. */
export const REPORT = "report.json";

/** Largest size of one file and of all files of a release, in bytes. */
export const FILE_LIMIT = 16 * 2 ** 20;
const RELEASE_LIMIT = 4 * FILE_LIMIT;

export const releaseId = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/));
export const fileBytes = v.pipe(positiveCount, v.maxValue(FILE_LIMIT));
export const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

export const utcTime = v.pipe(
  v.string(),
  v.regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/),
);

const releaseFile = v.strictObject({
  /** A file name without a folder. The file is next to the manifest. */
  path: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/)),
  bytes: fileBytes,
  /** Lower-case hex. */
  sha256,
});

const manifest = v.pipe(
  v.strictObject({
    schema: schemaVersion,
    release: releaseId,
    created: utcTime,
    source: v.strictObject({ commit: v.nullable(v.string()), dirty: v.boolean() }),
    experiment: v.looseObject({ name: v.string(), seed: integer, parameters: positiveCount }),
    dataset: v.strictObject({
      name: v.string(),
      train: positiveCount,
      validation: positiveCount,
      test: positiveCount,
      split: v.picklist(["writers", "stratified"]),
      fallback: v.boolean(),
    }),
    metrics: v.objectWithRest({ accuracy: share, weighted_f1: share }, finite),
    input: v.strictObject({
      name: v.string(),
      shape: v.strictTuple([v.literal(-1), v.literal(28), v.literal(28), v.literal(1)]),
      range: v.strictTuple([v.literal(0), v.literal(255)]),
    }),
    outputs: v.objectWithRest({ logits: v.string(), probabilities: v.string() }, v.string()),
    calibration: v.strictObject({ temperature, rejection_threshold: share }),
    weights: weightDtype,
    files: v.pipe(
      v.array(releaseFile),
      v.minLength(2),
      v.check((files) => files.some(({ path }) => path === "model.json"), "model.json"),
      v.check((files) => new Set(files.map(({ path }) => path)).size === files.length, "unique paths"),
      v.check(
        (files) => files.reduce((sum, { bytes }) => sum + bytes, 0) <= RELEASE_LIMIT,
        `at most ${RELEASE_LIMIT} bytes`,
      ),
    ),
  }),
  v.transform(({ release, dataset, metrics, input, outputs, calibration, files }) => ({
    release,
    /** Share of the `testImages` that are classified correctly, 0…1. */
    accuracy: metrics.accuracy,
    testImages: dataset.test,
    /** Whether training and validation share no writer, or are random samples. */
    split: dataset.split,
    trainImages: dataset.train,
    validationImages: dataset.validation,
    /** Whether the model was trained on a small fallback dataset. */
    usesFallbackData: dataset.fallback,
    /** Name of the graph's input: (batch, 28, 28, 1), 0…255. */
    input: input.name,
    /** Name of the graph's node with the ten logits. */
    logits: outputs.logits,
    /** Confidence = softmax(logits / temperature); above 0. */
    temperature: calibration.temperature,
    /** A prediction with less confidence is probably not a digit, 0…1. */
    rejectionThreshold: calibration.rejection_threshold,
    files,
  })),
);

export type Manifest = v.InferOutput<typeof manifest>;

/**
 * @param json - A parsed `manifest.json`.
 * @throws ReleaseError if it does not match the schema or has a newer schema version.
 */
export function parseManifest(json: unknown): Manifest {
  return parseDocument(manifest, json, "manifest.json");
}
