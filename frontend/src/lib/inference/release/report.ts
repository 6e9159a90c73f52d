/** How well a release's network reads: the reading side of `ml/release/report.schema.json`. */

import { SIDE } from "@/lib/ink/preprocess";
import { asList, asNumber, asRecord, asString, parseJson } from "./json";
import { parseSchemaNumber } from "./manifest";
import { ReleaseError } from "../errors";

/** What a release says of its network. What was not measured is null, or an empty list. */
export interface Report {
  readonly test: Classification;
  /** The test set once more, against labels that people have corrected. */
  readonly corrected: Corrected | null;
  /** Pen strokes of people, drawn as the draw page draws them. */
  readonly strokes: Strokes | null;
  readonly corruptions: Corruptions | null;
  readonly rejection: Rejection | null;
  readonly temperature: number;
  /** The same recipe with other random numbers, this network's own among them; at least one. */
  readonly seeds: readonly Seed[];
  /** Networks from whose answers this one learned too; most have none. */
  readonly teachers: readonly Teacher[];
  /** One row an epoch of training. */
  readonly history: readonly Epoch[];
  /** Misread images, the surest first; a poor network's are not all here. */
  readonly mistakes: readonly Mistake[];
  /** The model card. */
  readonly card: readonly CardSection[];
  readonly facts: Facts;
}

/** How a set of labelled images was read; shares are 0…1. */
export interface Classification {
  readonly images: number;
  readonly accuracy: number;
  readonly weightedF1: number;
  /** F1 of each digit. */
  readonly classF1: readonly number[];
  /** Counts: `confusion[label][predicted]`. */
  readonly confusion: readonly (readonly number[])[];
  readonly calibrated: Calibration;
  /** Before the temperature is applied. */
  readonly uncalibrated: Calibration | null;
}

export interface Calibration {
  /** Mean distance of confidence and share right over the bins, weighted by their images. */
  readonly error: number;
  /** Equally wide bins of confidence from 0 to 1 that hold images; none when they were not counted. */
  readonly bins: readonly Bin[];
}

export interface Bin {
  readonly images: number;
  /** Mean of the bin. */
  readonly confidence: number;
  readonly accuracy: number;
}

export interface Corrected {
  readonly accuracy: number;
  /** Labels that were changed, and images without any agreed label. */
  readonly corrected: number;
  readonly leftOut: number;
}

export interface Strokes extends Classification {
  readonly writers: readonly {
    readonly writer: number;
    readonly images: number;
    readonly accuracy: number;
  }[];
  /** Only digits that someone drew. */
  readonly digits: readonly { readonly digit: number; readonly images: number; readonly accuracy: number }[];
}

export interface Corruptions {
  /** Of each corruption. */
  readonly images: number;
  readonly meanAccuracy: number;
  /** The best read first. */
  readonly kinds: readonly { readonly name: string; readonly accuracy: number }[];
}

/** Digits against drawings that are none. */
export interface Rejection {
  readonly digits: number;
  readonly nonDigits: number;
  /** Chance that a digit is answered more surely than a drawing that is none. */
  readonly auroc: number;
  /** What the release's own threshold does. */
  readonly digitsPassing: number;
  readonly nonDigitsRejected: number;
  /** If only the surest share `coverage` is answered, this share of the answers is wrong; ascending. */
  readonly riskCoverage: readonly {
    readonly coverage: number;
    /** Of digits alone. */
    readonly digits: number;
    /** With the drawings that are none among them. */
    readonly all: number;
  }[];
}

/** What one quotes of a network; shares are 0…1. */
export interface Headline {
  readonly accuracy: number;
  readonly weightedF1: number;
  readonly correctedAccuracy: number | null;
  readonly strokesAccuracy: number | null;
  readonly corruptionsAccuracy: number | null;
}

export interface Seed extends Headline {
  readonly seed: number;
}

export interface Teacher extends Headline {
  /** Name of the run that made it. */
  readonly run: string;
}

export interface Epoch {
  /** From 1. */
  readonly epoch: number;
  readonly loss: number | null;
  readonly accuracy: number | null;
  readonly validationLoss: number | null;
  readonly validationAccuracy: number | null;
}

/** Which images a mistake is of. */
export type SetName = "test" | "strokes";

export interface Mistake {
  readonly set: SetName;
  /** Position in the set, from 0. */
  readonly index: number;
  readonly label: number;
  readonly predicted: number;
  /** Calibrated. */
  readonly confidence: number;
  /** 784 pixels of 0…255, row by row, ink bright. */
  readonly pixels: Uint8Array<ArrayBuffer>;
}

export interface CardSection {
  readonly heading: string;
  readonly paragraphs: readonly string[];
}

export interface Facts {
  readonly parameters: number;
  /** Of one image. */
  readonly multiplyAdds: number;
  /** How weights are stored, such as `float16`. */
  readonly weights: string;
  /** What a browser fetches before the network runs. */
  readonly bytes: number;
}

/**
 * @param content - The bytes of a `report.json`.
 * @throws ReleaseError when it breaks the contract, or is of a newer version of it.
 */
export function readReport(content: ArrayBuffer): Report {
  return parseReport(parseJson(content, "report.json"));
}

/**
 * @param json - A parsed `report.json`.
 * @throws ReleaseError when it breaks the contract, or is of a newer version of it.
 */
export function parseReport(json: unknown): Report {
  const report = asRecord(json, "report");
  parseSchemaNumber(report, "report");
  const metrics = asRecord(report.metrics, "report.metrics");
  const test = asRecord(metrics.test, "report.metrics.test");
  const calibration = asRecord(metrics.calibration, "report.metrics.calibration");
  const seeds = asList(report.seeds, "report.seeds").map(parseSeed);
  if (seeds.length === 0) throw new ReleaseError({ code: "empty", where: "report.seeds" });
  return {
    test: parseClassification(test, "report.metrics.test"),
    corrected: optional(test.corrected, "report.metrics.test.corrected", parseCorrected),
    strokes: optional(metrics.strokes, "report.metrics.strokes", parseStrokes),
    corruptions: optional(metrics.mnist_c, "report.metrics.mnist_c", parseCorruptions),
    rejection: optional(metrics.rejection, "report.metrics.rejection", parseRejection),
    temperature: asNumber(
      calibration.temperature,
      "report.metrics.calibration.temperature",
      Number.MIN_VALUE,
    ),
    seeds,
    teachers:
      report.teachers === undefined ? [] : asList(report.teachers, "report.teachers").map(parseTeacher),
    history: asList(report.history, "report.history").map(parseEpoch),
    mistakes: asList(report.mistakes, "report.mistakes").map(parseMistake),
    card: asList(report.card, "report.card").map(parseCardSection),
    facts: parseFacts(asRecord(report.facts, "report.facts")),
  };
}

type Json = Record<string, unknown>;

function optional<T>(value: unknown, where: string, parse: (json: Json, where: string) => T): T | null {
  return value === undefined ? null : parse(asRecord(value, where), where);
}

const share = (value: unknown, where: string) => asNumber(value, where, 0, 1);

function whole(value: unknown, where: string, low = 0, high = Infinity): number {
  const number = asNumber(value, where, low, high);
  if (!Number.isInteger(number)) throw new ReleaseError({ code: "invalid", where, expected: "wholeNumber" });
  return number;
}

const digit = (value: unknown, where: string) => whole(value, where, 0, 9);

/** One for each digit. */
function tenOf<T>(value: unknown, where: string, parse: (item: unknown, where: string) => T): T[] {
  const list = asList(value, where);
  if (list.length !== 10) throw new ReleaseError({ code: "invalid", where, expected: "tenItems" });
  return list.map((item, i) => parse(item, `${where}[${i}]`));
}

function parseClassification(json: Json, where: string): Classification {
  return {
    images: whole(json.images, `${where}.images`, 1),
    accuracy: share(json.accuracy, `${where}.accuracy`),
    weightedF1: share(json.weighted_f1, `${where}.weighted_f1`),
    classF1: tenOf(json.class_f1, `${where}.class_f1`, share),
    confusion: tenOf(json.confusion_matrix, `${where}.confusion_matrix`, (row, place) =>
      tenOf(row, place, whole),
    ),
    calibrated: parseCalibration(json, where),
    uncalibrated: optional(json.uncalibrated, `${where}.uncalibrated`, parseCalibration),
  };
}

function parseCalibration(json: Json, where: string): Calibration {
  const bins = json.reliability === undefined ? [] : asList(json.reliability, `${where}.reliability`);
  return {
    error: share(json.expected_calibration_error, `${where}.expected_calibration_error`),
    bins: bins.flatMap((value, i) =>
      parseBin(asRecord(value, `${where}.reliability[${i}]`), `${where}.reliability[${i}]`),
    ),
  };
}

/** None for an empty bin. */
function parseBin(json: Json, where: string): Bin[] {
  const images = whole(json.images, `${where}.images`);
  if (images === 0) return [];
  return [
    {
      images,
      confidence: share(json.confidence, `${where}.confidence`),
      accuracy: share(json.accuracy, `${where}.accuracy`),
    },
  ];
}

function parseCorrected(json: Json, where: string): Corrected {
  return {
    accuracy: share(json.accuracy, `${where}.accuracy`),
    corrected: whole(json.corrected, `${where}.corrected`),
    leftOut: whole(json.left_out, `${where}.left_out`),
  };
}

function parseStrokes(json: Json, where: string): Strokes {
  const listOf = (name: string) =>
    json[name] === undefined
      ? []
      : asList(json[name], `${where}.${name}`).map((value, i) => asRecord(value, `${where}.${name}[${i}]`));
  return {
    ...parseClassification(json, where),
    writers: listOf("writers").map((writer, i) => ({
      writer: whole(writer.writer, `${where}.writers[${i}].writer`),
      images: whole(writer.images, `${where}.writers[${i}].images`, 1),
      accuracy: share(writer.accuracy, `${where}.writers[${i}].accuracy`),
    })),
    digits: listOf("digits")
      .filter(({ accuracy }) => accuracy !== null)
      .map((each, i) => ({
        digit: digit(each.digit, `${where}.digits[${i}].digit`),
        images: whole(each.images, `${where}.digits[${i}].images`, 1),
        accuracy: share(each.accuracy, `${where}.digits[${i}].accuracy`),
      })),
  };
}

function parseCorruptions(json: Json, where: string): Corruptions {
  const kinds = Object.entries(asRecord(json.corruptions, `${where}.corruptions`)).map(
    ([name, accuracy]) => ({
      name,
      accuracy: share(accuracy, `${where}.corruptions.${name}`),
    }),
  );
  return {
    images: whole(json.images, `${where}.images`, 1),
    meanAccuracy: share(json.mean_accuracy, `${where}.mean_accuracy`),
    kinds: kinds.sort((a, b) => b.accuracy - a.accuracy),
  };
}

function parseRejection(json: Json, where: string): Rejection {
  const shipped = asRecord(json.shipped, `${where}.shipped`);
  const curve = asList(json.risk_coverage, `${where}.risk_coverage`).map((value, i) => {
    const place = `${where}.risk_coverage[${i}]`;
    const point = asRecord(value, place);
    return {
      coverage: share(point.coverage, `${place}.coverage`),
      digits: share(point.digits, `${place}.digits`),
      all: share(point.all, `${place}.all`),
    };
  });
  return {
    digits: whole(json.digits, `${where}.digits`, 1),
    nonDigits: whole(json.non_digits, `${where}.non_digits`, 1),
    auroc: share(json.auroc, `${where}.auroc`),
    digitsPassing: share(shipped.digits_passing, `${where}.shipped.digits_passing`),
    nonDigitsRejected: share(shipped.non_digits_rejected, `${where}.shipped.non_digits_rejected`),
    riskCoverage: curve.sort((a, b) => a.coverage - b.coverage),
  };
}

function parseSeed(value: unknown, i: number): Seed {
  const where = `report.seeds[${i}]`;
  const json = asRecord(value, where);
  return { seed: whole(json.seed, `${where}.seed`), ...parseHeadline(json, where) };
}

function parseTeacher(value: unknown, i: number): Teacher {
  const where = `report.teachers[${i}]`;
  const json = asRecord(value, where);
  return { run: asString(json.run, `${where}.run`), ...parseHeadline(json, where) };
}

function parseHeadline(json: Json, where: string): Headline {
  const shareOrNull = (name: string) =>
    json[name] === undefined ? null : share(json[name], `${where}.${name}`);
  return {
    accuracy: share(json.accuracy, `${where}.accuracy`),
    weightedF1: share(json.weighted_f1, `${where}.weighted_f1`),
    correctedAccuracy: shareOrNull("corrected_accuracy"),
    strokesAccuracy: shareOrNull("strokes_accuracy"),
    corruptionsAccuracy: shareOrNull("mnist_c_accuracy"),
  };
}

function parseEpoch(value: unknown, i: number): Epoch {
  const where = `report.history[${i}]`;
  const json = asRecord(value, where);
  const numberOrNull = (name: string) =>
    json[name] === undefined ? null : asNumber(json[name], `${where}.${name}`, 0);
  return {
    epoch: whole(json.epoch, `${where}.epoch`) + 1,
    loss: numberOrNull("loss"),
    accuracy: numberOrNull("accuracy"),
    validationLoss: numberOrNull("val_loss"),
    validationAccuracy: numberOrNull("val_accuracy"),
  };
}

function parseMistake(value: unknown, i: number): Mistake {
  const where = `report.mistakes[${i}]`;
  const json = asRecord(value, where);
  const set = asString(json.set, `${where}.set`);
  if (set !== "test" && set !== "strokes")
    throw new ReleaseError({ code: "invalid", where: `${where}.set`, expected: "set" });
  return {
    set,
    index: whole(json.index, `${where}.index`),
    label: digit(json.label, `${where}.label`),
    predicted: digit(json.predicted, `${where}.predicted`),
    confidence: share(json.confidence, `${where}.confidence`),
    pixels: parsePixels(asString(json.image, `${where}.image`), `${where}.image`),
  };
}

function parsePixels(base64: string, where: string): Uint8Array<ArrayBuffer> {
  let bytes: string;
  try {
    bytes = atob(base64);
  } catch {
    throw new ReleaseError({ code: "invalid", where, expected: "base64" });
  }
  if (bytes.length !== SIDE * SIDE)
    throw new ReleaseError({ code: "invalid", where, expected: { pixels: SIDE * SIDE } });
  return Uint8Array.from(bytes, (byte) => byte.charCodeAt(0));
}

function parseCardSection(value: unknown, i: number): CardSection {
  const where = `report.card[${i}]`;
  const json = asRecord(value, where);
  return {
    heading: asString(json.heading, `${where}.heading`),
    paragraphs: asList(json.paragraphs, `${where}.paragraphs`).map((text, j) =>
      asString(text, `${where}.paragraphs[${j}]`),
    ),
  };
}

function parseFacts(json: Json): Facts {
  return {
    parameters: whole(json.parameters, "report.facts.parameters", 1),
    multiplyAdds: whole(json.multiply_adds, "report.facts.multiply_adds", 1),
    weights: asString(json.weights, "report.facts.weights"),
    bytes: whole(json.bytes, "report.facts.bytes", 1),
  };
}
