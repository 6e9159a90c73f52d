import { describe, expect, it } from "vitest";
import { SIDE } from "@/lib/ink/preprocess";
import { explain } from "./explain";
import type { ExplainableClassifier } from "./types";

/** The fake model predicts 7 if there is ink in the crossbar, else 1. Ink in the foot slightly lowers the logit of 7. */
const BAR = { rows: [4, 6], columns: [6, 20] };
const FOOT = { rows: [22, 24], columns: [8, 14] };

function inkIn(pixels: Uint8Array, { rows, columns }: typeof BAR): number {
  let sum = 0;
  for (let y = rows[0]!; y <= rows[1]!; y++) {
    for (let x = columns[0]!; x <= columns[1]!; x++) sum += pixels[y * SIDE + x]! / 255;
  }
  return sum / ((rows[1]! - rows[0]! + 1) * (columns[1]! - columns[0]! + 1));
}

const blocks = [{ height: 1, width: 1, channels: 2, values: Float32Array.of(1, 2) }];

const model: ExplainableClassifier = {
  temperature: 1,
  rejectionThreshold: 0,
  logits: (images) =>
    images.map((pixels) => {
      const logits = new Float32Array(10).fill(-8);
      logits[7] = 10 * inkIn(pixels, BAR) - 5 - inkIn(pixels, FOOT);
      logits[1] = 0;
      return logits;
    }),
  blocks: () => blocks,
};

const pixels = new Uint8Array(SIDE * SIDE);
for (const { rows, columns } of [BAR, FOOT]) {
  for (let y = rows[0]!; y <= rows[1]!; y++)
    pixels.fill(255, y * SIDE + columns[0]!, y * SIDE + columns[1]! + 1);
}
const at = (heat: Float32Array, row: number, column: number) => heat[row * SIDE + column] ?? NaN;

describe("an explanation", async () => {
  const explanation = await explain(model, pixels, async () => {});
  const { support, contrast } = explanation;

  it("names the digit and the runner-up", () => {
    expect(explanation).toMatchObject({ digit: 7, runnerUp: 1, blocks });
    expect(explanation.probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
  });

  it("is positive where the ink supports the digit, negative where it contradicts it, and 0 elsewhere", () => {
    for (const heat of [support, contrast]) {
      expect(at(heat, 5, 13)).toBeGreaterThan(0.05);
      expect(at(heat, 23, 11)).toBeLessThan(0);
      expect(at(heat, 14, 25)).toBe(0);
      expect(at(heat, 13, 13)).toBe(0);
    }
    expect(support.every((value) => value >= -1 && value <= 1)).toBe(true);
  });

  it("finds the most important part, and the probabilities without it", () => {
    const { region, probabilities } = explanation.weakest;
    expect(region.row).toBe("upper");
    expect(probabilities[7]).toBeLessThan(explanation.probabilities[7]!);
    expect(probabilities[1]).toBeGreaterThan(explanation.probabilities[1]!);
  });
});

it("covers only places with ink, and does not modify the image", async () => {
  const before = pixels.slice();
  const classified: Uint8Array[] = [];
  const logits: ExplainableClassifier["logits"] = (images) => {
    classified.push(...images);
    return model.logits(images);
  };
  await explain({ ...model, logits }, pixels, async () => {});
  expect(pixels).toEqual(before);
  const [whole, ...covered] = classified;
  expect(whole).toEqual(pixels);
  expect(covered).not.toEqual([]);
  expect(covered.filter((image) => image.every((value, i) => value === pixels[i]))).toEqual([]);
});

it.each([1, 2, 3])("ends when it is superseded after batch %i", async (last) => {
  let batches = 0;
  const pause = async () => {
    if (++batches === last) throw new Error("superseded");
  };
  await expect(explain(model, pixels, pause)).rejects.toThrow("superseded");
});
