import { readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { digitsFromImage } from "@/lib/image/digitsFromImage";
import { renderPhotograph, type Scene, seededRandom } from "@/lib/image/testing/syntheticPhotograph";
import { draw, type Raster, SIDE } from "@/lib/ink/preprocess";
import { predict } from "./predict";
import { loadBundledModel } from "./testing/bundledModel";
import type { Model } from "./types";

/**
 * Accuracy of the bundled model on synthetic photographs of digits. The test needs the training data: `mnist/` and
 * `strokes/` in the folder DIGITS_DATA_DIR.
 *
 * By default, it renders a few small photographs of each kind. PHOTOGRAPHS=100 measures 100 larger ones of each kind.
 */
const DATA = process.env.DIGITS_DATA_DIR;
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
  readonly drawn: readonly { readonly label: number; readonly strokes: readonly [number, number][][] }[];
}

function readSamples(folder: string): Samples {
  const unzip = (...names: string[]) => gunzipSync(readFileSync(path.join(folder, ...names)));
  const { samples } = JSON.parse(unzip("strokes", "pendigits_train.json.gz").toString()) as {
    samples: (Samples["drawn"][number] & { writer: number; flags?: string[] })[];
  };
  return {
    images: unzip("mnist", "t10k-images-idx3-ubyte.gz"),
    labels: unzip("mnist", "t10k-labels-idx1-ubyte.gz"),
    // Complete digits of the writers that are not in the training set (ml/data/pendigits.py).
    drawn: samples.filter(({ writer, flags = [] }) => writer % 3 === 0 && flags.length === 0),
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
    const points = strokes.map((stroke) => stroke.map(([x, y]) => ({ x, y })));
    // From a fine ballpoint to a marker.
    return { label, raster: draw(points, 0.7 + 2.2 * random()) };
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
    scene: (random) => ({
      digitSize: 0.3 + 0.4 * random(),
      rotation: ((random() - 0.5) * 10 * Math.PI) / 180,
      background: 0.9,
      ink: 0.15 + 0.2 * random(),
      minIllumination: 0.35 + 0.3 * random(),
      lineSpacing: (LONG / 480) * (30 + 25 * random()),
      grid: false,
      lineContrast: 0.2 + 0.4 * random(),
      noise: 3 + 3 * random(),
      jpegStep: 40,
    }),
  },
  "uneven light, squared paper, rotated, noisy": {
    atLeast: 0.93,
    scene: (random) => ({
      digitSize: 0.3 + 0.4 * random(),
      rotation: ((random() - 0.5) * 10 * Math.PI) / 180,
      background: 0.9,
      ink: 0.15 + 0.2 * random(),
      minIllumination: 0.35 + 0.3 * random(),
      lineSpacing: (LONG / 480) * (22 + 20 * random()),
      grid: true,
      lineContrast: 0.2 + 0.3 * random(),
      noise: 3 + 3 * random(),
      jpegStep: 40,
    }),
  },
};

describe.skipIf(DATA === undefined)("accuracy on synthetic photographs", () => {
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
        return input === null ? [] : predict(model, input);
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
