import { describe, expect, it } from "vitest";
import { pixelsFromStrokes } from "@/lib/ink/preprocess";
import { interpolate, layOut } from "@/lib/ink/segment";
import type { Stroke } from "@/lib/ink/strokes";
import { predict } from "./predict";
import type { Classifier } from "./types";

const one = (x: number): Stroke => [
  { x, y: 0.2 },
  { x, y: 0.8 },
];

/** A fake model that predicts 1 for images with little ink and equal probabilities for others. */
const model: Classifier = {
  temperature: 1,
  rejectionThreshold: 0.5,
  logits: (images) =>
    images.map((pixels) => {
      const inked = pixels.filter((value) => value > 0).length;
      return Float32Array.from({ length: 10 }, (_, digit) => (digit === 1 && inked < 100 ? 9 : 0));
    }),
};

describe("ink", () => {
  it("is segmented into digits, each with its bounding box and the model's input", () => {
    const { glyphs } = predict(model, { kind: "ink", strokes: [one(1.2), one(0.3)] });
    expect(glyphs.map(({ digit, strokes, rejected }) => ({ digit, strokes, rejected }))).toEqual([
      { digit: 1, strokes: [1], rejected: false },
      { digit: 1, strokes: [0], rejected: false },
    ]);
    const [left] = glyphs;
    expect(left?.box.left).toBeCloseTo(0.2);
    expect(left?.box).toMatchObject({ top: 0.2, width: 0 });
    expect(left?.box.height).toBeCloseTo(0.6);
    expect(left?.pixels).toEqual(pixelsFromStrokes([one(0.3)]));
    expect(left?.probabilities.reduce((a, b) => a + b)).toBeCloseTo(1);
    expect(left?.confidence).toBe(Math.max(...(left?.probabilities ?? [])));
  });

  it("is classified in one batch", () => {
    const batchSizes: number[] = [];
    const logits: Classifier["logits"] = (images) => {
      batchSizes.push(images.length);
      return model.logits(images);
    };
    predict({ ...model, logits }, { kind: "ink", strokes: [one(0.1), one(0.5), one(0.9)] });
    expect(batchSizes).toEqual([3]);
  });

  it("with too many strokes for a number is classified as one digit", () => {
    const dots = Array.from({ length: 1490 }, (_, i) => [{ x: (i % 100) / 70, y: Math.floor(i / 100) / 15 }]);
    const { glyphs } = predict(model, { kind: "ink", strokes: dots });
    expect(glyphs.map(({ strokes }) => strokes)).toEqual([[...dots.keys()]]);
  });

  it("has signs beside its digits", () => {
    const minus = [
      { x: 0.1, y: 0.5 },
      { x: 0.3, y: 0.5 },
    ];
    const { numbers, glyphs } = predict(model, {
      kind: "ink",
      strokes: [one(0.5), [{ x: 0.7, y: 0.8 }], one(0.9), minus],
    });
    expect(numbers).toEqual([["−", glyphs[0], ".", glyphs[1]]]);
    expect(glyphs.map(({ strokes }) => strokes)).toEqual([[0], [2]]);
  });

  it("that is a sign alone is rejected for any probability", () => {
    const minus = [
      { x: 0.1, y: 0.5 },
      { x: 0.6, y: 0.5 },
    ];
    expect(predict(model, { kind: "ink", strokes: [minus] }).numbers).toMatchObject([
      [{ digit: 1, rejected: true }],
    ]);
  });

  it("is rejected if the confidence is below the threshold", () => {
    const scribble = Array.from({ length: 40 }, (_, i) => ({ x: (i * 7) % 11, y: (i * 5) % 13 }));
    const { glyphs } = predict(model, { kind: "ink", strokes: [scribble] });
    expect(glyphs).toHaveLength(1);
    expect(glyphs[0]).toMatchObject({ rejected: true, confidence: 0.1 });
  });
});

describe("images", () => {
  const whole = { left: 0, top: 0, width: 1, height: 1 };

  it("are segmented like ink", () => {
    const strokes: Stroke[] = [
      [
        { x: -0.5, y: 0.5 },
        { x: -0.2, y: 0.5 },
      ],
      one(0.3),
      one(0.9),
    ];
    const layout = layOut(strokes.map(interpolate));
    const raster = { width: 1, height: 1, ink: Float64Array.of(1) };
    const pixels = pixelsFromStrokes([one(0)]);
    const candidates = layout.candidates.map(() => ({ box: whole, pixels }));
    const { numbers } = predict(model, { kind: "picture", raster, layout, candidates });
    const digit = { digit: 1, box: whole, strokes: [], pixels };
    expect(numbers).toMatchObject([["−", digit, digit]]);
  });

  it("of 28×28 pixels are classified unchanged", () => {
    const pixels = new Uint8Array(784);
    pixels[400] = 200;
    const { numbers, glyphs } = predict(model, { kind: "pixels", pixels });
    expect(numbers).toEqual([glyphs]);
    const [glyph] = glyphs;
    expect(glyph).toMatchObject({ digit: 1, box: whole, strokes: [] });
    expect(glyph?.pixels).toEqual(pixels);
  });
});
