import { describe, expect, it } from "vitest";
import { connectedComponents } from "./components";
import { type GreyImage, digitsFromImage } from "./digitsFromImage";
import { draw, normalize, PEN, pixelsFromStrokes, type Raster, SIDE } from "@/lib/ink/preprocess";
import { photograph, randomFrom, type Scene } from "./testing/photograph";
import type { Stroke } from "@/lib/ink/strokes";

const line = (...points: [number, number][]): Stroke => points.map(([x, y]) => ({ x, y }));

const STROKES: Record<string, Stroke[]> = {
  seven: [line([0, 0], [60, 0], [20, 100]), line([8, 48], [52, 45])],
  two: [line([5, 20], [30, 0], [58, 20], [50, 45], [0, 100], [62, 98])],
  one: [line([20, 15], [40, 0], [38, 100])],
};

/** A five whose bar does not touch its body. */
const FIVE = [line([8, 10], [8, 45], [40, 40], [60, 70], [30, 100], [0, 90]), line([14, 0], [66, 0])];

const CLEAN: Scene = {
  size: 0.5,
  turn: 0,
  paper: 0.92,
  ink: 0.15,
  dimmest: 1,
  ruled: 0,
  squared: false,
  ruling: 0.5,
  grain: 2,
  jpeg: 0,
};

function take(digits: readonly Raster[], scene: Partial<Scene> = {}, seed = 1): GreyImage {
  return photograph(digits, 240, 180, { ...CLEAN, ...scene }, randomFrom(seed));
}

const digitsOf = (picture: GreyImage) => digitsFromImage(picture)?.digits ?? [];

/** How alike two images are, one of them moved by a pixel at most: the cosine of the angle between them, 1 for the same. */
function likeness(a: Uint8Array, b: Uint8Array): number {
  const dot = (u: Uint8Array, v: Uint8Array, shift = 0) =>
    u.reduce((sum, value, i) => sum + value * (v[i + shift] ?? 0), 0);
  const shifts = [-1, 0, 1].flatMap((row) => [-1, 0, 1].map((column) => row * SIDE + column));
  return Math.max(...shifts.map((shift) => dot(a, b, shift))) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** As the sheet is turned, so is the ink on it. */
function turned(strokes: readonly Stroke[], by = 0): Stroke[] {
  const [sin, cos] = [Math.sin(by), Math.cos(by)];
  return strokes.map((stroke) => stroke.map(({ x, y }) => ({ x: cos * x - sin * y, y: sin * x + cos * y })));
}

function expectSame(picture: GreyImage, strokes: readonly Stroke[], atLeast = 0.93) {
  const glyphs = digitsOf(picture);
  expect(glyphs).toHaveLength(1);
  expect(likeness(normalize(glyphs[0]!.raster), pixelsFromStrokes(strokes))).toBeGreaterThan(atLeast);
}

const scenes: Record<string, Partial<Scene>> = {
  "dark on light": {},
  "light on dark": { paper: 0.15, ink: 0.85 },
  "pale pencil": { ink: 0.65 },
  "a lamp on one side": { dimmest: 0.35 },
  "ruled paper, askew": { ruled: 18, turn: 0.06 },
  "squared paper, askew, nearly as dark as the ink": { ruled: 20, squared: true, turn: -0.05, ruling: 0.8 },
  "everything at once": { dimmest: 0.4, ruled: 19, squared: true, turn: 0.07, grain: 5, jpeg: 30 },
};

describe.each(Object.entries(scenes))("%s", (_, scene) => {
  it.each(Object.entries(STROKES))("the ink of a %s is found", (_, strokes) => {
    expectSame(take([draw(strokes)], scene), turned(strokes, scene.turn), 0.9);
  });
});

it.each([0.5, 0.9, 4.5, 6])("a pen of %d pixels leaves about as much ink as the network's own", (pen) => {
  const strokes = STROKES.two!;
  const glyph = digitsOf(take([draw(strokes, pen)]))[0]!;
  const ink = (pixels: Uint8Array) => pixels.reduce((sum, value) => sum + value, 0);
  const ratio = ink(normalize(glyph.raster)) / ink(pixelsFromStrokes(strokes, PEN));
  expect(ratio).toBeGreaterThan(0.7);
  expect(ratio).toBeLessThan(1.9);
});

it("several digits are found apart, from left to right, each in its box", () => {
  const glyphs = digitsOf(take([STROKES.two!, FIVE, STROKES.seven!].map((strokes) => draw(strokes, 1.5))));
  expect(glyphs).toHaveLength(3);
  [STROKES.two!, FIVE, STROKES.seven!].forEach((strokes, i) => {
    const { box, raster } = glyphs[i]!;
    expect(likeness(normalize(raster), pixelsFromStrokes(strokes))).toBeGreaterThan(0.85);
    expect(box.left + box.width / 2).toBeGreaterThan(i / 3);
    expect(box.left + box.width / 2).toBeLessThan((i + 1) / 3);
  });
});

it("a long strip of digits is read as well as a sheet", () => {
  const strip = photograph(
    Array.from({ length: 9 }, () => draw(STROKES.two!)),
    720,
    90,
    CLEAN,
    randomFrom(2),
  );
  const found = digitsOf(strip);
  expect(found).toHaveLength(9);
  for (const { raster } of found) {
    expect(likeness(normalize(raster), pixelsFromStrokes(STROKES.two!))).toBeGreaterThan(0.85);
  }
});

it("a bar that does not touch belongs to its digit", () => {
  expectSame(take([draw(FIVE, 1.5)]), FIVE, 0.9);
});

describe("what is no ink", () => {
  it.each([0, 3, 6])("is not made of blank paper with a grain of %i", (grain) => {
    expect(digitsOf(take([], { grain, dimmest: 0.4 }))).toHaveLength(0);
  });

  it("is not made of printed lines alone", () => {
    expect(digitsOf(take([], { ruled: 18, squared: true, turn: 0.03 }))).toHaveLength(0);
  });

  it("specks, a dark desk beside the sheet and a finger at the border are left out", () => {
    const picture = take([draw(STROKES.two!)]);
    const darken = (from: [number, number], to: [number, number], grey: number) => {
      for (let y = from[1]; y < to[1]; y++) {
        for (let x = from[0]; x < to[0]; x++) picture.grey[y * picture.width + x] = grey;
      }
    };
    darken([0, 0], [16, 180], 60);
    darken([218, 150], [240, 180], 120);
    for (let i = 0; i < 15; i++) darken([45 + 10 * i, 6], [47 + 10 * i, 8], 40);
    expectSame(picture, STROKES.two!);
  });
});

describe("a picture of unusual size", () => {
  it("of 28 by 28 pixels, as the network's own, white on black, is read as it is", () => {
    const pixels = pixelsFromStrokes(STROKES.seven!);
    const glyphs = digitsOf({ width: SIDE, height: SIDE, grey: pixels });
    expect(glyphs).toHaveLength(1);
    expect(likeness(normalize(glyphs[0]!.raster), pixels)).toBeGreaterThan(0.95);
  });

  it("cut tightly around the digit keeps all of it", () => {
    const { width, height, ink } = draw(STROKES.seven!);
    const picture = { width, height, grey: Uint8Array.from(ink, (value) => 240 - 220 * value) };
    expectSame(picture, STROKES.seven!);
  });

  it.each([
    [1, 1],
    [1, 400],
    [2000, 3],
  ])("of %i by %i pixels and one grey holds nothing", (width, height) => {
    expect(digitsOf({ width, height, grey: new Uint8Array(width * height).fill(128) })).toHaveLength(0);
  });
});

it("components hang together over corners, and know their box", () => {
  const mask = ["#..#", ".#..", "...#", "..##"].join("");
  const found = connectedComponents(4, 4, (i) => mask[i] === "#");
  expect(found.map(({ pixels }) => pixels.toSorted((a, b) => a - b))).toEqual([[0, 5], [3], [11, 14, 15]]);
  expect(found[2]).toMatchObject({ left: 2, right: 3, top: 2, bottom: 3 });
});
