/** The model page: results of the running model. */

import type { Facts, SetName } from "@/lib/inference/release/report";
import type { ReleaseSignature } from "@/lib/inference/release/signature";
import type { MeanAndDeviation } from "@/lib/statistics";
import { an, count, digitWord, enumerate, exactPercent, kilobytes, percent } from "./numbers";

const of = (n: number, one: string, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

const setNames: Record<SetName, string> = {
  test: "Test images",
  ink_test: "Test strokes",
  strokes: "Validation strokes",
  unipen: "Validation strokes of UNIPEN",
};

export const reportText = {
  title: "The model",
  description: "The model’s accuracy, its mistakes, and its speed on your device.",
  heading: "How accurate it is",
  subtitle: "Results of the running model.",
  noScript: {
    need: "This page needs JavaScript.",
    why: "The report comes with the model and is verified before it is shown.",
  },
  loading: "Loading the model’s report…",
  failed: "The model could not be loaded.",
  retry: "Try again",
  noReport: {
    heading: "This model has no report.",
    text: (accuracy: number, images: number) =>
      `It was published before models came with reports. Its accuracy on ${count(images)} test images is ${exactPercent(accuracy)}.`,
  },
  invalidReport: {
    heading: "The report could not be used.",
    text: "The model itself is intact; only its report is missing here.",
  },
  /** Mistakes are always shown; `confidence` and `corruptions` say whether the report has these results. */
  lead: (correct: number, images: number, shown: { confidence: boolean; corruptions: boolean }) => {
    const parts = [
      "the mistakes",
      ...(shown.confidence ? ["the model’s confidence"] : []),
      ...(shown.corruptions ? ["the accuracy on corrupted images"] : []),
    ];
    return `The model recognizes ${count(correct)} of ${count(images)} handwritten digits that were not used for training, and misclassifies ${count(images - correct)}. This page shows ${enumerate(parts)}.`;
  },
  fallbackData:
    "Trained on fallback data, because the real images were not available. These results test the pipeline and say nothing about handwriting.",
  fallback: "The published model could not be used.",
  fallbackRelease: "This page describes the model that runs instead.",
  provenance: {
    release: "Release",
    signedBy: "signed with key",
    signedOn: ({ signedAt, version }: ReleaseSignature) =>
      `on ${signedAt.slice(0, 10)} as version ${version}`,
    unsigned: "This site pins no key, so no signature was checked.",
    verify: "Verify it from a checkout of the project, with the Firebase project of this site as PROJECT:",
    /** Null if Storage is not a bucket of Firebase. The name of a bucket does not tell its project. */
    command: (release: string, storage: string, site: string) => {
      const [, bucket] = /\/b\/([a-z0-9][a-z0-9._-]*)\/o$/.exec(storage) ?? [];
      if (bucket === undefined) return null;
      return `python -m ml release verify ${release} --project PROJECT --bucket ${bucket} --site-config ${site}/config.json`;
    },
  },
  split: {
    writers: (train: number, validation: number, test: number) =>
      `Trained on ${count(train)} images and tuned on ${count(validation)} others by different writers. The ${count(test)} test images were used for neither.`,
    stratified: (train: number, validation: number, test: number) =>
      `Trained on ${count(train)} images and tuned on ${count(validation)} others, chosen at random for each digit. The ${count(test)} test images were used for neither.`,
  },

  headline: {
    label: "Main results",
    accuracy: "accuracy on test images",
    f1: "weighted F1 on test images",
    corrected: (corrected: number, leftOut: number) =>
      `accuracy on test images with ${of(corrected, "label")} corrected by people and ${count(leftOut)} left out`,
    inkTest: (leftOut: number | null) =>
      `accuracy on pen strokes of test writers${leftOut ? `, without ${of(leftOut, "digit")} that ${leftOut === 1 ? "lacks" : "lack"} a stroke` : ""}`,
    corruptions: "accuracy on corrupted test images",
    validation:
      "On validation data, which may have chosen the recipe, the epoch and the threshold. These results can be slightly too good.",
    strokes: "accuracy on pen strokes of validation writers",
    unipen: "accuracy on digits of UNIPEN, by validation writers",
    slashedZeros: (images: number) => `accuracy on ${of(images, "slashed zero")} among them`,
    exactly: exactPercent,
    f1Value: (value: number) => value.toFixed(4),
    spread: ({ mean, deviation, n }: MeanAndDeviation) =>
      `${exactPercent(mean)} ± ${(deviation * 100).toFixed(2)} over ${count(n)} seeds`,
    f1Spread: ({ mean, deviation, n }: MeanAndDeviation) =>
      `${mean.toFixed(4)} ± ${deviation.toFixed(4)} over ${count(n)} seeds`,
  },

  figure: (n: number) => `Fig. ${n}`,
  asTable: "As a table",
  digit: "Digit",
  images: "Images",
  accuracy: "Accuracy",
  /** A missing value in a table. */
  none: "–",

  mistakes: {
    heading: "Mistakes",
    sets: "Data",
    setNames,
    caption:
      "Confusion matrix: written digits by row, predictions by column. Choose a cell to see its images.",
    table: (set: SetName) => `${setNames[set]}: confusion matrix`,
    predicted: "Predicted",
    written: "Written",
    cell: (label: number, predicted: number, images: number) =>
      label === predicted
        ? `${label} predicted as ${predicted}, correct: ${of(images, "image")}`
        : `${label} predicted as ${predicted}: ${images === 0 ? "none" : of(images, "image")}`,
    all: (images: number) => (images === 0 ? "No mistakes" : `All ${of(images, "misclassified image")}`),
    order: "the most confident first",
    some: (shown: number) => `the report contains the ${count(shown)} most confident`,
    chosen: (label: number, predicted: number, images: number) =>
      `Written ${digitWord(label)}, predicted ${digitWord(predicted)}: ${images === 0 ? "none" : count(images)}`,
    correct: (label: number, correct: number, all: number) =>
      `Written ${digitWord(label)}, predicted correctly: ${count(correct)} of ${count(all)}`,
    showAll: "Show all",
    mistake: (label: number, predicted: number, confidence: number, index: number) =>
      `Image ${count(index)}: ${an(label)} predicted as ${predicted}, ${percent(confidence)} confidence`,
    labelAndPrediction: (label: number, predicted: number) => `${label} → ${predicted}`,
    confidence: percent,
    galleryCaption: "Misclassified images: label → prediction, and the model’s confidence.",
  },

  classes: {
    heading: "Results per digit",
    f1: "F1",
    caption: (from: number) =>
      `F1 score of each digit. It falls when the digit is missed and when other digits are mistaken for it. The scale starts at ${from.toFixed(2)}.`,
    value: (value: number) => value.toFixed(4),
    name: setNames,
  },
  writers: {
    writer: "Writer",
    test: (writers: number, from: number) =>
      `Test: pen strokes of ${of(writers, "person", "people")} whose writing was used neither for training nor for tuning, one dot per person. The scale starts at ${percent(from)}.`,
    validation: (writers: number, from: number) =>
      `Validation: pen strokes of ${of(writers, "person", "people")} whose writing was not used for training, one dot per person. The scale starts at ${percent(from)}.`,
    digits: (from: number) => `The same strokes, per digit. The scale starts at ${percent(from)}.`,
    name: (writer: number) => `No. ${writer}`,
    lab: "Laboratory",
    labs: (labs: number, from: number) =>
      `Validation: digits of UNIPEN, written in ${of(labs, "laboratory", "laboratories")} on various tablets. The scale starts at ${percent(from)}.`,
    value: percent,
  },

  confidence: {
    heading: "Confidence",
    reliability: (after: number, mostConfident: number) =>
      `Accuracy by confidence. On the diagonal, both are equal. The dot in the corner stands for ${percent(mostConfident)} of all predictions. The other dots stand for few images each, and the vertical lines show their uncertainty. The mean distance from the diagonal is ${exactPercent(after)}.`,
    before: (before: number, temperature: number) =>
      ` It was ${exactPercent(before)} before calibration, which divides the scores by ${temperature.toFixed(2)}, a temperature fitted on validation images.`,
    reliabilityLabel: "Accuracy by confidence",
    confidence: "Confidence",
    accuracy: "Accuracy",
    beforeName: "before",
    afterName: "after calibration",
    imagesBefore: "Images, before",
    accuracyBefore: "Accuracy, before",
    bin: (low: number, high: number) => `${percent(low)} to ${percent(high)}`,
    rejection: (digits: number, nonDigits: number, passing: number, rejected: number, auroc: number) =>
      `${count(digits)} digits and ${count(nonDigits)} drawings that are not digits. With its threshold, the model accepts ${percent(passing)} of the digits and rejects ${percent(rejected)} of the other drawings. AUROC: in ${percent(auroc)} of all pairs of a digit and another drawing, the confidence is higher for the digit.`,
    /** Added to the caption of a report whose digits are not of test writers only. */
    rejectionOfValidation: " The digits include those of validation writers.",
    rejectionLabel: "Error rate by coverage",
    kinds: (digits: number, nonDigits: number, from: number) =>
      `Validation: ${count(nonDigits)} letters and signs that do not look like digits. Share that a threshold rejects which 99% of ${count(digits)} validation digits pass. The scale starts at ${percent(from)}.`,
    kind: "Drawings",
    all: "all",
    rejected: "Rejected",
    coverage: "Coverage, the most confident first",
    risk: "Error rate",
    digitsAlone: "digits only",
    withOthers: "with other drawings",
    value: percent,
  },

  corruptions: {
    heading: "Corrupted images",
    caption: (images: number, mean: number) =>
      `MNIST-C: ${count(images)} test images with each corruption, none of them used for training. The mean accuracy is ${percent(mean)}.`,
    kind: "Corruption",
    name: (name: string) => name.replaceAll("_", " "),
    value: percent,
  },

  training: {
    heading: "Training",
    loss: "Loss after each epoch, on a logarithmic scale.",
    errors: "Error rate after each epoch, on a logarithmic scale.",
    lossTitle: "Loss",
    errorsTitle: "Error rate",
    lossLabel: "Training and validation loss per epoch",
    errorsLabel: "Training and validation error rate per epoch",
    epoch: "Epoch",
    training: "training",
    validation: "validation",
    trainingNote:
      "Training images are randomly rotated, shifted and stretched, so they can be harder than the validation images.",
    lossValue: (loss: number) => Number(loss.toPrecision(2)).toString(),
    errorValue: (share: number) => `${Number((share * 100).toPrecision(2))}%`,
    seeds: "The same training with different random seeds. The spread is one standard deviation.",
    seed: "Seed",
    teachers: (runs: readonly string[]) =>
      `The teachers of this model in knowledge distillation: ${runs.join(", ")}.`,
    teacher: "No.",
    mean: "Mean",
    deviation: "Spread",
    test: "Test images",
    f1: "Weighted F1",
    strokes: "Pen strokes",
    strokesOf: {
      test: " The pen strokes are of test writers.",
      validation: " The pen strokes are of validation writers.",
    },
    corruptions: "Corrupted",
    exactly: exactPercent,
    f1Value: (value: number) => value.toFixed(4),
    points: (deviation: number) => `± ${(deviation * 100).toFixed(2)}`,
    f1Points: (deviation: number) => `± ${deviation.toFixed(4)}`,
  },

  speed: {
    heading: "Size and speed",
    parameters: "Weights",
    multiplyAdds: "Multiply-adds per image",
    bytes: "Download size",
    parametersOf: ({ parameters, weights }: Facts) => `${count(parameters)}, as ${weights}`,
    multiplyAddsOf: ({ multiplyAdds }: Facts) => `${(multiplyAdds / 1e6).toFixed(1)} million`,
    bytesOf: ({ bytes }: Facts) => `${kilobytes(bytes)} kB`,
    device: "Speed on this device",
    description: (inferences: number) =>
      `Runs ${count(inferences)} predictions one by one with each backend. This takes a few seconds, and nothing is sent anywhere.`,
    start: "Measure",
    again: "Measure again",
    running: (backend: string, done: number, total: number) =>
      `${backend}: ${count(done)} of ${count(total)}`,
    preparing: "Starting…",
    failed: (reason: string) => `The measurement failed. ${reason}`,
    caption: (inferences: number) =>
      `Time per prediction on this device in milliseconds, over ${count(inferences)} predictions.`,
    backend: "Backend",
    first: "First",
    median: "Median",
    p95: "95th percentile",
    milliseconds: (ms: number) => (ms < 10 ? ms.toFixed(2) : ms.toFixed(1)),
    /** The backend that the draw page uses on this device. */
    used: "used on the Draw page",
    unavailable: "not available",
    names: { wasm: "WebAssembly", cpu: "Plain JavaScript" },
    deviceOf: (cores: number | null, simd: boolean | null) =>
      [
        cores === null ? "Processor cores: unknown." : `${of(cores, "processor core")}.`,
        simd === null ? null : `WebAssembly runs ${simd ? "with" : "without"} SIMD,`,
        simd === null ? "One thread:" : "on one thread:",
        "more threads would not speed up such a small model.",
      ]
        .filter((part) => part !== null)
        .join(" "),
    done: (backend: string, median: string) => `Measured. ${backend}: median ${median} milliseconds.`,
  },

  card: {
    heading: "Model card",
    /** The card separates numbers from %, unlike this page. */
    paragraph: (text: string) => text.replace(/(\d) %/g, "$1%"),
  },
} as const;
