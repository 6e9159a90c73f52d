import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isMistake, type LabelledDrawing, tallies, type Label } from "./drawings";
import { toIdx, toJson } from "./exportFiles";

function drawing(label: Label, prediction: Label, fill = 0): LabelledDrawing {
  return {
    id: `${label}-${prediction}-${fill}`,
    when: "2026-01-02T03:04:05.678Z",
    label,
    prediction,
    confidence: 0.75,
    release: "0123456789abcdef",
    pixels: Uint8Array.from({ length: 784 }, (_, i) => (fill + i) % 256),
    strokes: [
      [
        { x: 0.5, y: 0.25, pressure: 1 },
        { x: 1.25, y: 1 },
      ],
    ],
  };
}

const drawings = [
  drawing(7, 7, 1),
  drawing(7, 1, 2),
  drawing(null, 3, 3),
  drawing(null, null, 4),
  drawing(0, null, 5),
];

it("a drawing is a mistake if the prediction is wrong or a digit was rejected", () => {
  expect(drawings.map(isMistake)).toEqual([false, true, true, false, true]);
});

it("tallies count the drawings of each digit and those that are not digits", () => {
  const counted = tallies(drawings);
  expect(counted.map(({ label }) => label)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, null]);
  expect(counted[7]).toEqual({ label: 7, drawings: 2, correct: 1 });
  expect(counted[0]).toEqual({ label: 0, drawings: 1, correct: 0 });
  expect(counted.at(-1)).toEqual({ label: null, drawings: 2, correct: 1 });
  expect(counted[4]).toEqual({ label: 4, drawings: 0, correct: 0 });
});

describe("IDX", () => {
  const { images, labels } = toIdx(drawings);

  it("has the big-endian header of MNIST's files", () => {
    expect([...images.slice(0, 16)]).toEqual([0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 28, 0, 0, 0, 28]);
    expect([...labels.slice(0, 8)]).toEqual([0, 0, 8, 1, 0, 0, 0, 3]);
  });

  it("contains the pixels and labels of the digits in order, without non-digits", () => {
    expect([...labels.slice(8)]).toEqual([7, 7, 0]);
    expect(images).toHaveLength(16 + 3 * 784);
    [1, 2, 5].forEach((fill, i) => {
      expect(images.slice(16 + i * 784, 16 + (i + 1) * 784)).toEqual(drawing(0, 0, fill).pixels);
    });
  });

  it("has a valid header if there are no drawings", () => {
    expect([...toIdx([]).images]).toEqual([0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 28, 0, 0, 0, 28]);
    expect([...toIdx([]).labels]).toEqual([0, 0, 8, 1, 0, 0, 0, 0]);
  });
});

it("IDX files of any drawings contain their digits in order", () => {
  const anyDrawing = fc.record({
    label: fc.option(fc.integer({ min: 0, max: 9 })),
    pixels: fc.uint8Array({ minLength: 784, maxLength: 784 }),
  });
  fc.assert(
    fc.property(fc.array(anyDrawing, { maxLength: 6 }), (corrections) => {
      const { images, labels } = toIdx(
        corrections.map(({ label, pixels }) => ({
          ...drawing(label, null),
          pixels: Uint8Array.from(pixels),
        })),
      );
      const digits = corrections.filter(({ label }) => label !== null);
      const header = (file: Uint8Array, values: number) => {
        const view = new DataView(file.buffer, file.byteOffset);
        return Array.from({ length: values }, (_, i) => view.getUint32(4 * i));
      };
      expect(header(images, 4)).toEqual([0x803, digits.length, 28, 28]);
      expect(header(labels, 2)).toEqual([0x801, digits.length]);
      expect([...labels.slice(8)]).toEqual(digits.map(({ label }) => label));
      expect(Buffer.from(images.slice(16)).equals(Buffer.concat(digits.map(({ pixels }) => pixels)))).toBe(
        true,
      );
    }),
    { seed: 1, numRuns: 50 },
  );
});

it("JSON contains all fields, including strokes and pixels", () => {
  const { meta, samples } = JSON.parse(toJson(drawings)) as {
    meta: { count: number };
    samples: Record<string, unknown>[];
  };
  expect(meta.count).toBe(5);
  expect(samples[1]).toMatchObject({
    label: 7,
    read: 1,
    confidence: 0.75,
    release: "0123456789abcdef",
    when: "2026-01-02T03:04:05.678Z",
    strokes: [
      [
        [0.5, 0.25],
        [1.25, 1],
      ],
    ],
  });
  expect(samples[3]).toMatchObject({ label: null, read: null });
  expect(Uint8Array.from(Buffer.from(samples[1]!.pixels as string, "base64"))).toEqual(drawings[1]!.pixels);
});
