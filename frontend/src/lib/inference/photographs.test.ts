import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { digitsFromImage } from "@/lib/image/digitsFromImage";
import { renderPhotograph, type Scene, seededRandom } from "@/lib/image/testing/syntheticPhotograph";
import { draw, type Raster, SIDE } from "@/lib/ink/preprocess";
import * as penDigits from "@/lib/ink/testing/penDigits";
import { predict } from "./predict";
import { loadBundledModel } from "./testing/bundledModel";
import type { Model } from "./types";

/**
 * Accuracy of the bundled model on synthetic photographs of digits. The test needs MNIST's test images and the pen strokes
 * in the folder DIGITS_DATA_DIR.
 *
 * By default, it renders a few small photographs of each kind. PHOTOGRAPHS=100 measures 100 larger ones of each kind.
 */
const DATA = process.env.DIGITS_DATA_DIR;
const FILES = {
  images: "mnist/t10k-images-idx3-ubyte.gz",
  labels: "mnist/t10k-labels-idx1-ubyte.gz",
  drawn: penDigits.PEN_DIGITS,
};
const AVAILABLE =
  DATA !== undefined && Object.values(FILES).every((file) => existsSync(path.join(DATA, file)));
const MEASURED = process.env.PHOTOGRAPHS;
const COUNT = Number(MEASURED ?? 4);
const [LONG, SHORT] = MEASURED === undefined ? [320, 240] : [480, 360];

interface Digit {
  readonly label: number;
  readonly raster: Raster;
}

interface Samples {
  /** MNIST's test images, with their IDX header. */
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
  /** Complete digits of the writers that are not in the training set. */
  readonly drawn: readonly penDigits.Sample[];
}

function readSamples(folder: string): Samples {
  const unzip = (file: string) => gunzipSync(readFileSync(path.join(folder, file)));
  const samples = penDigits.readSamples(path.join(folder, FILES.drawn));
  return {
    images: unzip(FILES.images),
    labels: unzip(FILES.labels),
    drawn: samples.filter(penDigits.isComplete).filter(penDigits.isValidationSample),
  };
}

/** `count` random digits: the first half from MNIST's test set, the second half from pen strokes. */
function chooseDigits({ images, labels, drawn }: Samples, count: number, random: () => number): Digit[] {
  const fromMnist = Array.from({ length: count / 2 }, (): Digit => {
    const i = Math.floor(random() * 10_000);
    const pixels = images.subarray(16 + i * SIDE * SIDE, 16 + (i + 1) * SIDE * SIDE);
    return { label: labels[8 + i]!, raster: sharpened(pixels) };
  });
  const fromStrokes = Array.from({ length: count / 2 }, (): Digit => {
    const { label, strokes } = drawn[Math.floor(random() * drawn.length)]!;
    // From a fine ballpoint to a marker.
    return { label, raster: draw(strokes, 0.7 + 2.2 * random()) };
  });
  return [...fromMnist, ...fromStrokes];
}

/** An MNIST image enlarged eightfold, with sharp edges like those of ink on paper. */
function sharpened(pixels: Uint8Array): Raster {
  const SCALE = 8;
  const side = SIDE * SCALE;
  const at = (x: number, y: number) => (pixels[y * SIDE + x] ?? 0) / 255;
  const ink = Float64Array.from({ length: side * side }, (_, i) => {
    const x = Math.min(SIDE - 1.001, Math.max(0, ((i % side) + 0.5) / SCALE - 0.5));
    const y = Math.min(SIDE - 1.001, Math.max(0, (Math.floor(i / side) + 0.5) / SCALE - 0.5));
    const [u, v] = [Math.floor(x), Math.floor(y)];
    const [fx, fy] = [x - u, y - v];
    const value =
      (1 - fy) * ((1 - fx) * at(u, v) + fx * at(u + 1, v)) +
      fy * ((1 - fx) * at(u, v + 1) + fx * at(u + 1, v + 1));
    return Math.min(1, Math.max(0, (value - 0.5) * 4 + 0.5));
  });
  return { width: side, height: side, ink };
}

const CLEAN: Scene = {
  digitSize: 0.6,
  rotation: 0,
  background: 0.93,
  ink: 0.12,
  minIllumination: 1,
  lineSpacing: 0,
  grid: false,
  lineContrast: 0,
  noise: 1,
  jpegStep: 20,
};

interface LinedPaper {
  readonly grid: boolean;
  /** Minimum and maximum distance of the lines, in pixels of an image of 480 × 360. */
  readonly spacing: readonly [number, number];
  /** Minimum and maximum contrast of the lines. */
  readonly contrast: readonly [number, number];
}

function onLinedPaper({ grid, spacing, contrast }: LinedPaper): (random: () => number) => Scene {
  return (random) => {
    const between = ([min, max]: readonly [number, number]) => min + (max - min) * random();
    return {
      digitSize: between([0.3, 0.7]),
      rotation: (between([-5, 5]) * Math.PI) / 180,
      background: 0.9,
      ink: between([0.15, 0.35]),
      minIllumination: between([0.35, 0.65]),
      lineSpacing: (LONG / 480) * between(spacing),
      grid,
      lineContrast: between(contrast),
      noise: between([3, 6]),
      jpegStep: 40,
    };
  };
}

const SCENES: Record<string, { atLeast: number; scene: (random: () => number) => Scene }> = {
  "dark on light": { atLeast: 0.97, scene: (random) => ({ ...CLEAN, digitSize: 0.35 + 0.5 * random() }) },
  "light on dark": {
    atLeast: 0.97,
    scene: (random) => ({
      ...CLEAN,
      digitSize: 0.35 + 0.5 * random(),
      background: 0.12 + 0.1 * random(),
      ink: 0.85,
    }),
  },
  "uneven light, ruled paper, rotated, noisy": {
    atLeast: 0.93,
    scene: onLinedPaper({ spacing: [30, 55], grid: false, contrast: [0.2, 0.6] }),
  },
  "uneven light, squared paper, rotated, noisy": {
    atLeast: 0.93,
    scene: onLinedPaper({ spacing: [22, 42], grid: true, contrast: [0.2, 0.5] }),
  },
};

describe.skipIf(!AVAILABLE)("accuracy on synthetic photographs", () => {
  let model: Model;
  let samples: Samples;
  beforeAll(async () => {
    ({ model } = await loadBundledModel());
    samples = readSamples(DATA!);
  }, 60_000);

  it.each(Object.entries(SCENES))(
    "%s",
    (name, { atLeast, scene }) => {
      const random = seededRandom(7);
      const digits = chooseDigits(samples, COUNT, random);
      const predictions = digits.map(({ raster }) => {
        const [width, height] = random() < 0.5 ? [LONG, SHORT] : [SHORT, LONG];
        const image = renderPhotograph([raster], width, height, scene(random), random);
        const input = digitsFromImage(image);
        return input === null ? [] : predict(model, input).glyphs;
      });
      const single = predictions.filter((glyphs) => glyphs.length === 1).length;
      const correct = digits.map(({ label }, i) => {
        const [glyph, ...others] = predictions[i] ?? [];
        return glyph?.digit === label && others.length === 0;
      });
      const percent = (of: readonly boolean[]) => (100 * of.filter(Boolean).length) / of.length;
      const [mnist, strokes] = [correct.slice(0, COUNT / 2), correct.slice(COUNT / 2)].map(percent);
      console.log(
        `${name}: ${percent(correct).toFixed(1)}% of ${COUNT} classified correctly ` +
          `(MNIST ${mnist?.toFixed(1)}%, pen strokes ${strokes?.toFixed(1)}%); ` +
          `${COUNT - single} not found as a single digit`,
      );
      expect(correct.filter(Boolean).length).toBeGreaterThanOrEqual(Math.floor(atLeast * COUNT));
    },
    300_000,
  );
});
