import { describe, expect, it } from "vitest";
import { connectedComponents } from "./components";
import { digitsFromImage, type GreyscaleImage } from "./digitsFromImage";
import { draw, PEN, pixelsFromStrokes, type Raster, SIDE } from "@/lib/ink/preprocess";
import { renderPhotograph, type Scene, seededRandom } from "./testing/syntheticPhotograph";
import { chooseGroups } from "@/lib/ink/segment";
import type { DetectedDigit } from "@/lib/ink/drawingInput";
import type { Stroke } from "@/lib/ink/strokes";

const line = (...points: [number, number][]): Stroke => points.map(([x, y]) => ({ x, y }));

const STROKES: Record<string, Stroke[]> = {
  seven: [line([0, 0], [60, 0], [20, 100]), line([8, 48], [52, 45])],
  two: [line([5, 20], [30, 0], [58, 20], [50, 45], [0, 100], [62, 98])],
  one: [line([20, 15], [40, 0], [38, 100])],
};

/** A 5 whose bar does not touch its body. */
const FIVE = [line([8, 10], [8, 45], [40, 40], [60, 70], [30, 100], [0, 90]), line([14, 0], [66, 0])];

const CLEAN: Scene = {
  digitSize: 0.5,
  rotation: 0,
  background: 0.92,
  ink: 0.15,
  minIllumination: 1,
  lineSpacing: 0,
  grid: false,
  lineContrast: 0.5,
  noise: 2,
  jpegStep: 0,
};

function photograph(digits: readonly Raster[], scene: Partial<Scene> = {}, seed = 1): GreyscaleImage {
  return renderPhotograph(digits, 240, 180, { ...CLEAN, ...scene }, seededRandom(seed));
}

/** The digits according to geometry alone. */
function digitsOf(image: GreyscaleImage): readonly DetectedDigit[] {
  const input = digitsFromImage(image);
  if (input === null) return [];
  const equalScores = input.candidates.map(() => 0);
  return chooseGroups(input.layout, equalScores)
    .flat()
    .flatMap((symbol) => (typeof symbol === "number" ? (input.candidates[symbol] ?? []) : []));
}

/** Cosine similarity of two images, the maximum over shifts by at most one pixel; 1 for equal images. */
function similarity(a: Uint8Array, b: Uint8Array): number {
  const dot = (u: Uint8Array, v: Uint8Array, shift = 0) =>
    u.reduce((sum, value, i) => sum + value * (v[i + shift] ?? 0), 0);
  const shifts = [-1, 0, 1].flatMap((row) => [-1, 0, 1].map((column) => row * SIDE + column));
  return Math.max(...shifts.map((shift) => dot(a, b, shift))) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** Rotate strokes by an angle in radians. */
function rotated(strokes: readonly Stroke[], angle = 0): Stroke[] {
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  return strokes.map((stroke) => stroke.map(({ x, y }) => ({ x: cos * x - sin * y, y: sin * x + cos * y })));
}

/** Expect one digit whose image is similar to that of `strokes`. */
function expectDigit(image: GreyscaleImage, strokes: readonly Stroke[], minSimilarity = 0.93) {
  const digits = digitsOf(image);
  expect(digits).toHaveLength(1);
  expect(similarity(digits[0]!.pixels, pixelsFromStrokes(strokes))).toBeGreaterThan(minSimilarity);
}

const scenes: Record<string, Partial<Scene>> = {
  "dark on light": {},
  "light on dark": { background: 0.15, ink: 0.85 },
  "low contrast": { ink: 0.65 },
  "uneven illumination": { minIllumination: 0.35 },
  "ruled lines, rotated": { lineSpacing: 18, rotation: 0.06 },
  "dark grid lines, rotated": { lineSpacing: 20, grid: true, rotation: -0.05, lineContrast: 0.8 },
  "all of these": {
    minIllumination: 0.4,
    lineSpacing: 19,
    grid: true,
    rotation: 0.07,
    noise: 5,
    jpegStep: 30,
  },
};

describe.each(Object.entries(scenes))("%s", (_, scene) => {
  it.each(Object.entries(STROKES))("finds the digit %s", (_, strokes) => {
    expectDigit(photograph([draw(strokes)], scene), rotated(strokes, scene.rotation), 0.9);
  });
});

it.each([0.5, 0.9, 4.5, 6])("adjusts a pen of %d pixels to about the model's stroke width", (pen) => {
  const strokes = STROKES.two!;
  const digit = digitsOf(photograph([draw(strokes, pen)]))[0]!;
  const ink = (pixels: Uint8Array) => pixels.reduce((sum, value) => sum + value, 0);
  const ratio = ink(digit.pixels) / ink(pixelsFromStrokes(strokes, PEN));
  expect(ratio).toBeGreaterThan(0.7);
  expect(ratio).toBeLessThan(1.9);
});

it("finds several digits from left to right, with their boxes", () => {
  const digits = digitsOf(
    photograph([STROKES.two!, FIVE, STROKES.seven!].map((strokes) => draw(strokes, 1.5))),
  );
  expect(digits).toHaveLength(3);
  [STROKES.two!, FIVE, STROKES.seven!].forEach((strokes, i) => {
    const { box, pixels } = digits[i]!;
    expect(similarity(pixels, pixelsFromStrokes(strokes))).toBeGreaterThan(0.85);
    expect(box.left + box.width / 2).toBeGreaterThan(i / 3);
    expect(box.left + box.width / 2).toBeLessThan((i + 1) / 3);
  });
});

it("finds nine digits in a wide image", () => {
  const strip = renderPhotograph(
    Array.from({ length: 9 }, () => draw(STROKES.two!)),
    720,
    90,
    CLEAN,
    seededRandom(2),
  );
  const digits = digitsOf(strip);
  expect(digits).toHaveLength(9);
  for (const { pixels } of digits) {
    expect(similarity(pixels, pixelsFromStrokes(STROKES.two!))).toBeGreaterThan(0.85);
  }
});

it("merges an unconnected bar with its digit", () => {
  expectDigit(photograph([draw(FIVE, 1.5)]), FIVE, 0.9);
});

describe("images without ink or with noise", () => {
  it.each([0, 3, 6])("a blank image with noise of %i has no digits", (noise) => {
    expect(digitsOf(photograph([], { noise, minIllumination: 0.4 }))).toHaveLength(0);
  });

  it("ruled lines alone have no digits", () => {
    expect(digitsOf(photograph([], { lineSpacing: 18, grid: true, rotation: 0.03 }))).toHaveLength(0);
  });

  it("ignores specks and dark regions that touch the border", () => {
    const image = photograph([draw(STROKES.two!)]);
    const fill = (from: [number, number], to: [number, number], luminance: number) => {
      for (let y = from[1]; y < to[1]; y++) {
        for (let x = from[0]; x < to[0]; x++) image.luminance[y * image.width + x] = luminance;
      }
    };
    fill([0, 0], [16, 180], 60);
    fill([218, 150], [240, 180], 120);
    for (let i = 0; i < 15; i++) fill([45 + 10 * i, 6], [47 + 10 * i, 8], 40);
    expectDigit(image, STROKES.two!);
  });
});

describe("images of unusual size", () => {
  it("a model input of 28×28 pixels stays nearly the same", () => {
    const pixels = pixelsFromStrokes(STROKES.seven!);
    const digits = digitsOf({ width: SIDE, height: SIDE, luminance: pixels });
    expect(digits).toHaveLength(1);
    expect(similarity(digits[0]!.pixels, pixels)).toBeGreaterThan(0.95);
  });

  it("an image cropped to the digit keeps the whole digit", () => {
    const { width, height, ink } = draw(STROKES.seven!);
    const image = { width, height, luminance: Uint8Array.from(ink, (value) => 240 - 220 * value) };
    expectDigit(image, STROKES.seven!);
  });

  it.each([
    [1, 1],
    [1, 400],
    [2000, 3],
  ])("a uniform image of %i×%i pixels has no digits", (width, height) => {
    expect(digitsOf({ width, height, luminance: new Uint8Array(width * height).fill(128) })).toHaveLength(0);
  });
});

it("connectedComponents returns 8-connected components with their bounding boxes", () => {
  const mask = ["#..#", ".#..", "...#", "..##"].join("");
  const components = connectedComponents(4, 4, (i) => mask[i] === "#");
  expect(components.map(({ pixels }) => pixels.toSorted((a, b) => a - b))).toEqual([
    [0, 5],
    [3],
    [11, 14, 15],
  ]);
  expect(components[2]).toMatchObject({ left: 2, right: 3, top: 2, bottom: 3 });
});
