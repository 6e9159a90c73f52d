/** The model page: results of the running model. */

import type { Facts, SetName } from "@/lib/inference/release/report";
import type { Mean } from "@/lib/statistics";
import { count, digitWord, kilobytes, percent } from "./numbers";

const of = (n: number, one: string, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

/** 0.99564 → `99.56%`. */
const exactly = (share: number) => `${(share * 100).toFixed(2)}%`;

const setNames: Record<SetName, string> = { test: "Test images", strokes: "Pen strokes" };

export const reportText = {
  title: "The model",
  description: "How well the network reads, where it fails, and how fast it is on your device.",
  heading: "How well it reads",
  subtitle: "Measured, not promised.",
  noScript: {
    need: "This page needs JavaScript.",
    why: "The figures come with the network itself, and are checked before they are shown.",
  },
  loading: "Fetching the network’s own report…",
  failed: "The network could not be loaded.",
  retry: "Try again",
  noReport: {
    heading: "This network has no report.",
    text: (accuracy: number, images: number) =>
      `It was published before networks came with one. All that this page knows is that it reads ${exactly(accuracy)} of ${count(images)} test images right; everything else appears with the next network that is published.`,
  },
  invalidReport: {
    heading: "The report could not be used.",
    text: "The network itself is intact and goes on reading; only this page has less to show.",
  },
  lead: (correct: number, images: number) =>
    `Of ${count(images)} handwritten digits that played no part in its training, it reads ${count(correct)} right and ${count(images - correct)} wrong. This page shows which ones, how sure it was, and under what conditions it does worse.`,
  fallbackData:
    "Trained on stand-in data, because the real images were not available: these figures are about the pipeline, not about handwriting.",
  fallback: "The published network could not be used.",
  fallbackRelease: "This page is about the one that reads in its place.",
  release: "Release",
  split: {
    writers: (train: number, validation: number, test: number) =>
      `It learned from ${count(train)} images. ${count(validation)} others, by people who wrote none of those, were used to tune it; the ${count(test)} test images were not.`,
    stratified: (train: number, validation: number, test: number) =>
      `It learned from ${count(train)} images. ${count(validation)} others, picked at random for each digit, were used to tune it; the ${count(test)} test images were not.`,
  },

  headline: {
    label: "The main figures",
    accuracy: "of test images read right",
    f1: "weighted F1 on test images",
    corrected: (corrected: number, leftOut: number) =>
      `of test images, with ${of(corrected, "label")} corrected by people and ${count(leftOut)} left out`,
    strokes: "of pen strokes read right",
    corruptions: "of corrupted images read right",
    exactly,
    f1Value: (value: number) => value.toFixed(4),
    spread: ({ mean, deviation, n }: Mean) =>
      `${exactly(mean)} ± ${(deviation * 100).toFixed(2)} over ${count(n)} seeds`,
    f1Spread: ({ mean, deviation, n }: Mean) =>
      `${mean.toFixed(4)} ± ${deviation.toFixed(4)} over ${count(n)} seeds`,
  },

  figure: (n: number) => `Fig. ${n}`,
  asTable: "As a table",
  digit: "Digit",
  images: "Images",
  accuracy: "Read right",

  errors: {
    heading: "Where it errs",
    sets: "Which images",
    setNames,
    caption: "Written digits by row, what they were read as by column. Choose a cell to see its images.",
    table: (set: SetName) => `${setNames[set]}: how often each digit was read as which`,
    readAs: "Read as",
    written: "Written",
    cell: (label: number, predicted: number, images: number) =>
      label === predicted
        ? `${label} read as ${predicted}, right: ${of(images, "image")}`
        : `${label} read as ${predicted}: ${images === 0 ? "none" : of(images, "image")}`,
    all: (images: number) => (images === 0 ? "Nothing was misread" : `All ${of(images, "misread image")}`),
    order: "the surest first",
    some: (shown: number) => `the ${count(shown)} surest of them are kept`,
    chosen: (label: number, predicted: number, images: number) =>
      `Written ${digitWord(label)}, read ${digitWord(predicted)}: ${images === 0 ? "none" : count(images)}`,
    correct: (label: number, correct: number, all: number) =>
      `Written ${digitWord(label)}, read right: ${count(correct)} of ${count(all)}`,
    showAll: "Show all",
    mistake: (label: number, predicted: number, confidence: number, index: number) =>
      `Image ${count(index)}: a ${label} read as ${predicted}, ${percent(confidence)} sure`,
    labelAndPrediction: (label: number, predicted: number) => `${label} → ${predicted}`,
    confidence: percent,
    galleryCaption: "What was misread: label → answer, and how sure the network was.",
  },

  classes: {
    heading: "Digit by digit",
    f1: "F1",
    caption: (from: number) =>
      `F1 of each digit: it falls when the digit is missed and when others are mistaken for it. The scale starts at ${from.toFixed(2)}.`,
    value: (value: number) => value.toFixed(4),
    name: setNames,
  },
  writers: {
    writer: "Writer",
    caption: (writers: number, from: number) =>
      `Pen strokes of ${of(writers, "person", "people")} whose writing was not used for training, one dot per person. The scale starts at ${percent(from)}.`,
    strokeDigits: (from: number) => `The same strokes, digit by digit. The scale starts at ${percent(from)}.`,
    name: (writer: number) => `No. ${writer}`,
    value: percent,
  },

  trust: {
    heading: "How far to trust it when it is sure",
    reliability: (after: number, mostConfident: number) =>
      `When it says 90%, is it right nine times in ten? On the diagonal, yes. ${percent(mostConfident)} of all answers are the dot in the corner; the others are few, and the vertical lines show how little they prove. The mean distance from the diagonal is ${exactly(after)}.`,
    before: (before: number, temperature: number) =>
      ` It was ${exactly(before)} before its scores were divided by ${temperature.toFixed(2)}, a number chosen on validation images.`,
    reliabilityLabel: "Share read right against stated confidence",
    confidence: "Confidence",
    accuracy: "Read right",
    beforeName: "before",
    afterName: "after calibration",
    imagesBefore: "Images, before",
    accuracyBefore: "Read right, before",
    bin: (low: number, high: number) => `${percent(low)} to ${percent(high)}`,
    rejection: (digits: number, nonDigits: number, passing: number, rejected: number, auroc: number) =>
      `${count(digits)} digits and ${count(nonDigits)} drawings that are not digits. At the threshold it ships with, it answers ${percent(passing)} of the digits and turns away ${percent(rejected)} of the others; of a digit and another drawing, it is surer of the digit in ${percent(auroc)} of all pairs.`,
    rejectionLabel: "Share of wrong answers against share answered",
    coverage: "Answered, the surest first",
    risk: "Of these, wrong",
    digitsAlone: "digits alone",
    withOthers: "with other drawings",
    value: percent,
  },

  corruptions: {
    heading: "Under worse conditions",
    caption: (images: number, mean: number) =>
      `MNIST-C: ${count(images)} test images spoilt in each of these ways, none of them seen in training. It reads ${percent(mean)} right on average.`,
    kind: "Corruption",
    name: (name: string) => name.replaceAll("_", " "),
    value: percent,
  },

  learning: {
    heading: "How it learned",
    loss: "Loss after each epoch, on a logarithmic scale.",
    errors: "Share misread after each epoch, on a logarithmic scale.",
    lossTitle: "Loss",
    errorsTitle: "Misread",
    lossLabel: "Training and validation loss, epoch by epoch",
    errorsLabel: "Share misread in training and validation, epoch by epoch",
    epoch: "Epoch",
    training: "training",
    validation: "validation",
    trainingNote:
      "Training images are turned, shifted and stretched at random, so they can be harder than the validation images.",
    lossValue: (loss: number) => Number(loss.toPrecision(2)).toString(),
    errorValue: (share: number) => `${Number((share * 100).toPrecision(2))}%`,
    seeds:
      "The same recipe with different random numbers: how much is luck. The spread is one standard deviation.",
    seed: "Seed",
    teachers: (runs: readonly string[]) =>
      `The networks whose answers this one also learned from: ${runs.join(", ")}.`,
    teacher: "No.",
    mean: "Mean",
    deviation: "Spread",
    test: "Test images",
    f1: "Weighted F1",
    strokes: "Pen strokes",
    corruptions: "Corrupted",
    exactly,
    f1Value: (value: number) => value.toFixed(4),
    points: (deviation: number) => `± ${(deviation * 100).toFixed(2)}`,
    f1Points: (deviation: number) => `± ${deviation.toFixed(4)}`,
    none: "–",
  },

  speed: {
    heading: "Size and speed",
    parameters: "Weights",
    multiplyAdds: "Multiply-adds per image",
    bytes: "Fetched before it runs",
    parametersOf: ({ parameters, weights }: Facts) => `${count(parameters)}, as ${weights}`,
    multiplyAddsOf: ({ multiplyAdds }: Facts) => `${(multiplyAdds / 1e6).toFixed(1)} million`,
    bytesOf: ({ bytes }: Facts) => `${kilobytes(bytes)} kB`,
    device: "Speed on this device",
    description: (inferences: number) =>
      `Let this device read ${count(inferences)} images, one by one, with each engine that this site has. It takes a few seconds, and nothing is sent anywhere.`,
    start: "Measure",
    again: "Measure again",
    running: (backend: string, done: number, total: number) =>
      `${backend}: ${count(done)} of ${count(total)}`,
    preparing: "Starting…",
    failed: (reason: string) => `The measurement stopped. ${reason}`,
    caption: (inferences: number) =>
      `${count(inferences)} images one by one on this device, in milliseconds.`,
    backend: "Engine",
    first: "First",
    median: "Median",
    p95: "95th percentile",
    milliseconds: (ms: number) => (ms < 10 ? ms.toFixed(2) : ms.toFixed(1)),
    /** The backend that the draw page uses on this device. */
    used: "used for drawing",
    unavailable: "not available here",
    none: "–",
    names: { wasm: "WebAssembly", cpu: "Plain JavaScript" },
    deviceOf: (cores: number | null, simd: boolean | null) =>
      [
        cores === null ? "Processor cores: unknown." : `${of(cores, "processor core")}.`,
        simd === null ? null : `WebAssembly runs ${simd ? "with" : "without"} SIMD,`,
        simd === null ? "One thread, on purpose:" : "on one thread, on purpose:",
        "more would not speed up so small a network.",
      ]
        .filter((part) => part !== null)
        .join(" "),
    done: (backend: string, median: string) => `Measured. ${backend}: median ${median} milliseconds.`,
  },

  card: { heading: "Model card" },
} as const;
