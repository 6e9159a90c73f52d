import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type GreyImage, digitsFromImage } from "./digitsFromImage";
import { draw, normalize, type Raster, SIDE } from "@/lib/ink/preprocess";
import { photograph, randomFrom, type Scene } from "./testing/photograph";

/**
 * The share of photographed digits that the bundled network reads right. Takes minutes, and the data that training
 * takes: the folder that DIGITS_DATA_DIR names, with `mnist/` and `strokes/` in it.
 */
const DATA = process.env.DIGITS_DATA_DIR;
const COUNT = Number(process.env.PHOTOGRAPHS ?? 100);

const root = fileURLToPath(new URL("../../../../", import.meta.url));

interface Digit {
  readonly label: number;
  readonly raster: Raster;
}

function readDigits(folder: string, count: number, random: () => number): Digit[] {
  const unzip = (...names: string[]) => gunzipSync(readFileSync(path.join(folder, ...names)));
  const images = unzip("mnist", "t10k-images-idx3-ubyte.gz");
  const labels = unzip("mnist", "t10k-labels-idx1-ubyte.gz");
  const written = Array.from({ length: count / 2 }, (): Digit => {
    const i = Math.floor(random() * 10_000);
    const pixels = images.subarray(16 + i * SIDE * SIDE, 16 + (i + 1) * SIDE * SIDE);
    return { label: labels[8 + i]!, raster: sharpened(pixels) };
  });
  const { samples } = JSON.parse(unzip("strokes", "pendigits_train.json.gz").toString()) as {
    samples: { label: number; writer: number; strokes: [number, number][][]; flags?: string[] }[];
  };
  // Of the writers whom training never sees; those that are no whole digit left out.
  const whole = samples.filter(({ writer, flags = [] }) => writer % 3 === 0 && flags.length === 0);
  const penned = Array.from({ length: count / 2 }, (): Digit => {
    const { label, strokes } = whole[Math.floor(random() * whole.length)]!;
    const points = strokes.map((stroke) => stroke.map(([x, y]) => ({ x, y })));
    // From a fine ballpoint to a marker.
    return { label, raster: draw(points, 0.7 + 2.2 * random()) };
  });
  return [...written, ...penned];
}

/** An MNIST image with the sharp edges that the writing on its form had. */
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

/** The bundled network's answer to each image, as TensorFlow.js gives it outside of a browser. */
function read(images: readonly Uint8Array[]): number[] {
  const folder = mkdtempSync(path.join(tmpdir(), "photographs-"));
  try {
    const [pixels, answers] = [path.join(folder, "pixels"), path.join(folder, "answers")];
    writeFileSync(pixels, Buffer.concat(images));
    const release = path.join(root, "frontend/public/model");
    const { outputs } = JSON.parse(readFileSync(path.join(release, "manifest.json"), "utf8")) as {
      outputs: { logits: string };
    };
    execFileSync("node", [
      path.join(root, "ml/release/run_graph.mjs"),
      release,
      pixels,
      answers,
      outputs.logits,
    ]);
    const logits = new Float32Array(new Uint8Array(readFileSync(answers)).buffer);
    return images.map((_, i) => {
      const row = logits.subarray(i * 10, (i + 1) * 10);
      return row.indexOf(Math.max(...row));
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const CLEAN: Scene = {
  size: 0.6,
  turn: 0,
  paper: 0.93,
  ink: 0.12,
  dimmest: 1,
  ruled: 0,
  squared: false,
  ruling: 0,
  grain: 1,
  jpeg: 20,
};

const SCENES: Record<string, { atLeast: number; scene: (random: () => number) => Scene }> = {
  "dark on light": { atLeast: 0.97, scene: (random) => ({ ...CLEAN, size: 0.35 + 0.5 * random() }) },
  "light on dark": {
    atLeast: 0.97,
    scene: (random) => ({ ...CLEAN, size: 0.35 + 0.5 * random(), paper: 0.12 + 0.1 * random(), ink: 0.85 }),
  },
  "uneven light, ruled, askew, grainy": {
    atLeast: 0.93,
    scene: (random) => ({
      size: 0.3 + 0.4 * random(),
      turn: ((random() - 0.5) * 10 * Math.PI) / 180,
      paper: 0.9,
      ink: 0.15 + 0.2 * random(),
      dimmest: 0.35 + 0.3 * random(),
      ruled: 30 + 25 * random(),
      squared: false,
      ruling: 0.2 + 0.4 * random(),
      grain: 3 + 3 * random(),
      jpeg: 40,
    }),
  },
  "uneven light, squared, askew, grainy": {
    atLeast: 0.93,
    scene: (random) => ({
      size: 0.3 + 0.4 * random(),
      turn: ((random() - 0.5) * 10 * Math.PI) / 180,
      paper: 0.9,
      ink: 0.15 + 0.2 * random(),
      dimmest: 0.35 + 0.3 * random(),
      ruled: 22 + 20 * random(),
      squared: true,
      ruling: 0.2 + 0.3 * random(),
      grain: 3 + 3 * random(),
      jpeg: 40,
    }),
  },
};

describe.skipIf(DATA === undefined)("photographed digits", () => {
  it.each(Object.entries(SCENES))(
    "%s",
    (name, { atLeast, scene }) => {
      const random = randomFrom(7);
      const digits = readDigits(DATA!, COUNT, random);
      const pictures = digits.map(({ raster }): GreyImage => {
        const [width, height] = random() < 0.5 ? [480, 360] : [360, 480];
        return photograph([raster], width, height, scene(random), random);
      });
      const found = pictures.map((picture) => digitsFromImage(picture)?.digits ?? []);
      const alone = found.flatMap((glyphs, i) => (glyphs.length === 1 ? [{ i, glyph: glyphs[0]! }] : []));
      const answers = read(alone.map(({ glyph }) => normalize(glyph.raster)));
      const right = alone.filter(({ i }, j) => answers[j] === digits[i]!.label);
      const share = right.length / digits.length;
      const shareOf = (from: number, to: number) =>
        (100 * right.filter(({ i }) => i >= from && i < to).length) / (to - from);
      console.log(
        `${name}: ${(100 * share).toFixed(1)}% of ${digits.length} read right ` +
          `(MNIST ${shareOf(0, COUNT / 2).toFixed(1)}%, pen strokes ${shareOf(COUNT / 2, COUNT).toFixed(1)}%); ` +
          `${digits.length - alone.length} not found alone`,
      );
      expect(share).toBeGreaterThanOrEqual(atLeast);
    },
    300_000,
  );
});
