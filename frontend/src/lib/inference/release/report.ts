/** Schema of a release's report, which `ml/release/report.py` defines. Missing metrics are null or empty. */

import * as v from "valibot";
import {
  count,
  finite,
  integer,
  parseDocument,
  parseJson,
  positiveCount,
  schemaVersion,
  share,
  temperature,
  weightDtype,
} from "./json";
import { FILE_LIMIT, REPORT } from "./manifest";

const digit = v.pipe(integer, v.minValue(0), v.maxValue(9));
const notNegative = v.pipe(finite, v.minValue(0));

const perDigit = <S extends v.GenericSchema>(item: S) => v.pipe(v.array(item), v.length(10));

/** Equally wide bins of confidence from 0 to 1, without the empty ones. */
const bins = v.pipe(
  v.array(v.object({ images: count, confidence: v.nullable(share), accuracy: v.nullable(share) })),
  v.length(15),
  v.transform((bins) =>
    bins.flatMap(({ images, confidence, accuracy }, i) => {
      if (confidence === null || accuracy === null) return [];
      return [{ low: i / bins.length, high: (i + 1) / bins.length, images, confidence, accuracy }];
    }),
  ),
);

const calibration = { negative_log_likelihood: notNegative, expected_calibration_error: share };

const uncalibrated = v.pipe(
  v.object({ ...calibration, reliability: bins }),
  v.transform(({ expected_calibration_error: error, reliability }) => ({ error, bins: reliability })),
);

/** Metrics of every set of labelled images. */
const labelled = {
  images: positiveCount,
  accuracy: share,
  weighted_f1: share,
  class_f1: perDigit(share),
  confusion_matrix: perDigit(perDigit(count)),
  ...calibration,
  reliability: v.exactOptional(bins),
  uncalibrated: v.exactOptional(uncalibrated),
};

const toClassification = (set: v.InferOutput<v.ObjectSchema<typeof labelled, undefined>>) => ({
  images: set.images,
  accuracy: set.accuracy,
  weightedF1: set.weighted_f1,
  /** F1 of each digit. */
  classF1: set.class_f1,
  /** Counts: `confusion[label][predicted]`. */
  confusion: set.confusion_matrix,
  /** The error is the mean of |confidence − accuracy| over the bins, weighted by their images. */
  calibrated: { error: set.expected_calibration_error, bins: set.reliability ?? [] },
  /** At temperature 1. */
  uncalibrated: set.uncalibrated ?? null,
});

const corrected = v.pipe(
  v.object({ images: positiveCount, accuracy: share, corrected: count, left_out: count }),
  v.transform(({ accuracy, corrected, left_out: leftOut }) => ({
    accuracy,
    /** Number of changed labels. */
    corrected,
    /** Number of images without a label that most annotators agree on. */
    leftOut,
  })),
);

const text = v.pipe(v.string(), v.minLength(1));

/** Metrics of every set of digits written with a pen. */
const ink = {
  ...labelled,
  digits: v.exactOptional(perDigit(v.object({ digit, images: count, accuracy: v.nullable(share) }))),
  left_out: v.exactOptional(count),
};

const toInk = (set: v.InferOutput<v.ObjectSchema<typeof ink, undefined>>) => ({
  ...toClassification(set),
  /** Only digits that occur. */
  digits: (set.digits ?? []).flatMap(({ digit, images, accuracy }) =>
    accuracy === null ? [] : [{ digit, images, accuracy }],
  ),
  /** Number of samples that lack a stroke, which `images` does not count; null if it is not known. */
  leftOut: set.left_out ?? null,
});

const writer = v.object({ writer: integer, images: positiveCount, accuracy: share });

const strokes = v.pipe(
  v.object({
    ...ink,
    writers: v.exactOptional(v.array(writer)),
    worst_writer: v.exactOptional(writer),
  }),
  v.transform((set) => ({ ...toInk(set), writers: set.writers ?? [] })),
);

const lab = v.object({ lab: text, images: positiveCount, accuracy: share });

const unipen = v.pipe(
  v.object({
    ...ink,
    labs: v.pipe(v.array(lab), v.minLength(1)),
    worst_lab: lab,
    slashed_zeros: v.object({ images: count, accuracy: v.nullable(share) }),
  }),
  v.transform((set) => ({
    ...toInk(set),
    /** The laboratories in which the digits were written. */
    labs: set.labs,
    /** The accuracy is null if there are none. */
    slashedZeros: set.slashed_zeros,
  })),
);

const corruptions = v.pipe(
  v.object({ images: positiveCount, mean_accuracy: share, corruptions: v.record(v.string(), share) }),
  v.transform(({ images, mean_accuracy: meanAccuracy, corruptions }) => ({
    /** Number of images of each corruption. */
    images,
    meanAccuracy,
    /** By descending accuracy. */
    kinds: Object.entries(corruptions)
      .map(([name, accuracy]) => ({ name, accuracy }))
      .sort((a, b) => b.accuracy - a.accuracy),
  })),
);

const rejection = v.pipe(
  v.object({
    digits: positiveCount,
    non_digits: positiveCount,
    auroc: share,
    threshold_at_99: share,
    rejected_at_99: share,
    shipped: v.object({ threshold: share, digits_passing: share, non_digits_rejected: share }),
    risk_coverage: v.array(v.object({ coverage: share, digits: share, all: share })),
    kinds: v.exactOptional(
      v.array(v.object({ kind: text, non_digits: positiveCount, auroc: share, rejected_at_99: share })),
    ),
  }),
  v.transform(({ digits, non_digits: nonDigits, auroc, shipped, risk_coverage: riskCoverage, ...set }) => ({
    digits,
    nonDigits,
    /** Share of the other drawings below the confidence that 99% of these digits reach. */
    rejectedAt99: set.rejected_at_99,
    /** The same for each kind of drawings; empty if they are of one kind. */
    kinds: (set.kinds ?? []).map(({ kind, non_digits: nonDigits, rejected_at_99: rejectedAt99 }) => ({
      kind,
      nonDigits,
      rejectedAt99,
    })),
    /** Probability that a digit has a higher confidence than a drawing that is not a digit. */
    auroc,
    /** At the release's rejection threshold. */
    digitsPassing: shipped.digits_passing,
    nonDigitsRejected: shipped.non_digits_rejected,
    /**
     * The error rate if the model predicts only the most confident share `coverage` of the images: among `digits`, and
     * among `all` drawings. By ascending coverage.
     */
    riskCoverage: riskCoverage.sort((a, b) => a.coverage - b.coverage),
  })),
);

const headline = {
  accuracy: share,
  weighted_f1: share,
  corrected_accuracy: v.exactOptional(share),
  ink_test_accuracy: v.exactOptional(share),
  mnist_c_accuracy: v.exactOptional(share),
  strokes_accuracy: v.exactOptional(share),
  unipen_accuracy: v.exactOptional(share),
};

const toHeadlineMetrics = (figures: v.InferOutput<v.ObjectSchema<typeof headline, undefined>>) => ({
  accuracy: figures.accuracy,
  weightedF1: figures.weighted_f1,
  correctedAccuracy: figures.corrected_accuracy ?? null,
  inkTestAccuracy: figures.ink_test_accuracy ?? null,
  corruptionsAccuracy: figures.mnist_c_accuracy ?? null,
  strokesAccuracy: figures.strokes_accuracy ?? null,
  unipenAccuracy: figures.unipen_accuracy ?? null,
});

const seed = v.pipe(
  v.objectWithRest({ ...headline, seed: integer }, finite),
  v.transform((figures) => ({ seed: figures.seed, ...toHeadlineMetrics(figures) })),
);

const teacher = v.pipe(
  v.objectWithRest({ ...headline, run: v.string() }, finite),
  v.transform((figures) => ({
    /** Name of the run that trained it. */
    run: figures.run,
    ...toHeadlineMetrics(figures),
  })),
);

/** Larger numbers cannot be plotted. */
const logged = v.pipe(v.number(), v.minValue(-1e100), v.maxValue(1e100));

const epoch = v.pipe(
  v.objectWithRest({ epoch: count }, logged),
  v.transform((row) => ({
    /** From 1. */
    epoch: row.epoch + 1,
    loss: row.loss ?? null,
    accuracy: row.accuracy ?? null,
    validationLoss: row.val_loss ?? null,
    validationAccuracy: row.val_accuracy ?? null,
  })),
);

const setName = v.picklist(["test", "ink_test", "strokes", "unipen"]);

const mistake = v.pipe(
  v.strictObject({
    set: setName,
    /** Position in the set, from 0. */
    index: count,
    label: digit,
    predicted: digit,
    /** Calibrated. */
    confidence: share,
    probabilities: perDigit(share),
    image: v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/]{1046}==$/)),
  }),
  v.transform(({ set, index, label, predicted, confidence, image }) => ({
    set,
    index,
    label,
    predicted,
    confidence,
    /** 784 pixels of 0…255, row by row; 255 is full ink. */
    pixels: Uint8Array.from(atob(image), (byte) => byte.charCodeAt(0)),
  })),
);

const cardSection = v.strictObject({ heading: text, paragraphs: v.pipe(v.array(text), v.minLength(1)) });

const facts = v.pipe(
  v.strictObject({
    parameters: positiveCount,
    multiply_adds: positiveCount,
    weights: weightDtype,
    bytes: positiveCount,
  }),
  v.transform(({ parameters, multiply_adds: multiplyAdds, weights, bytes }) => ({
    parameters,
    /** For one image. */
    multiplyAdds,
    /** Data type of the stored weights. */
    weights,
    /** Size of the files that a browser downloads before the model runs. */
    bytes,
  })),
);

const report = v.pipe(
  v.strictObject({
    schema: schemaVersion,
    metrics: v.object({
      validation: v.object({ accuracy: share }),
      calibration: v.object({ temperature, rejection_threshold: share }),
      test: v.object({ ...labelled, corrected: v.exactOptional(corrected) }),
      ink_test: v.exactOptional(strokes),
      mnist_c: v.exactOptional(corruptions),
      rejection: v.exactOptional(rejection),
      strokes: v.exactOptional(strokes),
      unipen: v.exactOptional(unipen),
      validation_rejection: v.exactOptional(rejection),
    }),
    seeds: v.pipe(v.array(seed), v.minLength(1)),
    teachers: v.exactOptional(v.pipe(v.array(teacher), v.minLength(1))),
    history: v.array(epoch),
    mistakes: v.array(mistake),
    card: v.pipe(v.array(cardSection), v.minLength(1)),
    facts,
  }),
  v.transform(({ metrics, seeds, teachers, history, mistakes, card, facts }) => ({
    test: toClassification(metrics.test),
    /** The test set with labels that annotators corrected. */
    corrected: metrics.test.corrected ?? null,
    /** Test: pen strokes of writers who chose nothing, rendered like those of the draw page. */
    inkTest: metrics.ink_test ?? null,
    /** Test. */
    corruptions: metrics.mnist_c ?? null,
    /**
     * How well the confidence separates digits from drawings that are not digits. Test; older reports include the
     * digits of `strokes`.
     */
    rejection: metrics.rejection ?? null,
    /** Validation: pen strokes of writers whose digits may have chosen the epoch and the threshold. */
    strokes: metrics.strokes ?? null,
    /** Validation: digits of UNIPEN. */
    unipen: metrics.unipen ?? null,
    /** Validation: letters and signs of UNIPEN against the digits of `strokes` and `unipen`. */
    validationRejection: metrics.validation_rejection ?? null,
    temperature: metrics.calibration.temperature,
    /** Metrics of the same recipe with each seed, including this model's; at least one. */
    seeds,
    /** The models that this one was distilled from; empty if it was not distilled. */
    teachers: teachers ?? [],
    /** One row for each epoch of training. */
    history,
    /** Misclassified images, at most 100 of each set, by descending confidence. */
    mistakes,
    /** The model card. */
    card,
    facts,
  })),
);

export type Report = v.InferOutput<typeof report>;
export type Classification = Report["test"];
export type Calibration = Classification["calibrated"];
export type Strokes = NonNullable<Report["strokes"]>;
export type Unipen = NonNullable<Report["unipen"]>;
export type Corruptions = NonNullable<Report["corruptions"]>;
export type Rejection = NonNullable<Report["rejection"]>;
export type HeadlineMetrics = ReturnType<typeof toHeadlineMetrics>;
export type Seed = Report["seeds"][number];
export type Epoch = Report["history"][number];
export type SetName = v.InferOutput<typeof setName>;
export type Mistake = Report["mistakes"][number];
export type CardSection = Report["card"][number];
export type Facts = Report["facts"];

/**
 * @param content - The bytes of a `report.json`.
 * @throws ReleaseError if it is not JSON, does not match the schema or has a newer schema version.
 */
export function readReport(content: ArrayBuffer): Report {
  return parseReport(parseJson(content, REPORT, FILE_LIMIT));
}

/**
 * @param json - A parsed `report.json`.
 * @throws ReleaseError if it does not match the schema or has a newer schema version.
 */
export function parseReport(json: unknown): Report {
  return parseDocument(report, json, REPORT);
}
