/**
 * Extraction of digits from a photograph or another image.
 *
 * Background subtraction removes the background, its illumination and ruled lines (background.ts). Connected components of
 * the rest are ink. They are segmented like strokes (lib/ink/segment.ts). The stroke width of each digit is adjusted to MNIST's.
 */

import { type Component, connectedComponents } from "./components";
import { type Plane, quantile, resize, squaredDistanceTransform } from "./imageOps";
import { contrastToBackground, removeRuledLines } from "./background";
import { normalize, type Raster } from "@/lib/ink/preprocess";
import { layOut } from "@/lib/ink/segment";
import { CANVAS_SIZE } from "@/lib/ink/strokes";
import type { DetectedDigit, DrawingInput } from "@/lib/ink/drawingInput";

/** Larger images are scaled down to this long side, pixels. It bounds the run time and keeps thin strokes visible. */
export const MAX_SIDE = 720;

/** Smaller images are scaled up to this long side, pixels. */
const MIN_SIDE = 240;

/** Minimum contrast of ink to its background. Less is a shadow. */
const MIN_CONTRAST = 0.12;

/** Minimum long side of a digit, as a share of the image's long side. */
const MIN_DIGIT_SIZE = 0.03;

/** Maximum number of decimal points. More are a texture. */
const MAX_POINTS = 8;

/**
 * Stroke widths, as shares of the digit's long side. Thinner strokes than `min` are thickened to `thickenTo`; thicker strokes
 * than `max` are thinned to `thinTo`.
 */
const STROKE_WIDTH = { min: 0.085, thickenTo: 0.115, thinTo: 0.19, max: 0.24 };

/** Long side of the ink in a digit's raster, pixels; the same as for strokes. */
const RASTER_SIZE = 160;

/** Long side of the displayed raster, pixels. */
const DISPLAY_SIZE = 400;

export interface GreyscaleImage {
  readonly width: number;
  readonly height: number;
  /** 0 (black) … 255 (white), row by row. */
  readonly luminance: Uint8Array<ArrayBuffer>;
}

/**
 * Find the digits of an image.
 *
 * @param image - At least one pixel. A long side of `MAX_SIDE` is sufficient.
 * @returns The candidates for digits; null if there are none.
 */
export function digitsFromImage(image: GreyscaleImage): Extract<DrawingInput, { kind: "picture" }> | null {
  const { width, height } = image;
  const luminance: Plane = {
    width,
    height,
    values: Float32Array.from(image.luminance, (value) => value / 255),
  };
  const side = Math.min(MAX_SIDE, Math.max(MIN_SIDE, width, height));
  const contrast = removeRuledLines(contrastToBackground(resize(luminance, side)));
  const inkContrast = quantile(contrast.values, 0.998);
  if (inkContrast < Math.max(MIN_CONTRAST, 5 * contrast.noise)) return null;

  // Hysteresis thresholding: each component must contain a pixel above the high threshold.
  const [low, high] = [Math.max(0.28 * inkContrast, 3.5 * contrast.noise), 0.5 * inkContrast];
  const at = (i: number) => contrast.values[i] ?? 0;
  const components = connectedComponents(contrast.width, contrast.height, (i) => at(i) > low).filter(
    ({ pixels }) => pixels.some((i) => at(i) > high),
  );
  const pieces = withoutNoise(components, contrast);
  if (pieces.length === 0) return null;

  const points = pieces.map(({ pixels }) =>
    pixels.map((pixel) => ({ x: pixel % contrast.width, y: Math.floor(pixel / contrast.width) })),
  );
  const layout = layOut(points, thicknessOf(pieces, contrast.width));
  const digits = layout.candidates.map(({ group }) => mergeAll(group.flatMap((i) => pieces[i] ?? [])));
  return { kind: "picture", layout, ...fitToCanvas(pieces, digits, contrast) };
}

/** Thickness of the lines, pixels: a long line has two pixels of outline for each of its length. */
function thicknessOf(pieces: readonly Component[], width: number): number {
  const pixels = new Set(pieces.flatMap((piece) => piece.pixels));
  const isOutline = (i: number) => [i - 1, i + 1, i - width, i + width].some((next) => !pixels.has(next));
  return (2 * pixels.size) / [...pixels].filter(isOutline).length;
}

/** Scale the ink to fit the canvas, centred and with a margin. */
function fitToCanvas(
  pieces: readonly Component[],
  digits: readonly Component[],
  contrast: Plane,
): Pick<Extract<DrawingInput, { kind: "picture" }>, "raster" | "candidates"> {
  const all = mergeAll(pieces);
  const margin = Math.ceil(sizeOf(all) / 6);
  const displayed = resize(inkOf(all, contrast, margin), Math.min(DISPLAY_SIZE, sizeOf(all) + 2 * margin));
  const [width, height] = [widthOf(all) + 2 * margin, heightOf(all) + 2 * margin];
  const scale = Math.min(CANVAS_SIZE.width / width, CANVAS_SIZE.height / height);
  const left = (CANVAS_SIZE.width - width * scale) / 2;
  const top = (CANVAS_SIZE.height - height * scale) / 2;
  return {
    raster: { width: displayed.width, height: displayed.height, ink: Float64Array.from(displayed.values) },
    candidates: digits.map((digit): DetectedDigit => {
      const [x, y] = [digit.left - all.left + margin, digit.top - all.top + margin];
      return {
        box: {
          left: (left + x * scale) / CANVAS_SIZE.width,
          top: (top + y * scale) / CANVAS_SIZE.height,
          width: (widthOf(digit) * scale) / CANVAS_SIZE.width,
          height: (heightOf(digit) * scale) / CANVAS_SIZE.height,
        },
        pixels: normalize(rasterOf(digit, contrast)),
      };
    }),
  };
}

const widthOf = ({ left, right }: Component) => right - left + 1;
const heightOf = ({ top, bottom }: Component) => bottom - top + 1;
/** The long side. */
const sizeOf = (component: Component) => Math.max(widthOf(component), heightOf(component));

/** Remove specks and components that touch the border (the edge of a sheet, a finger, a shadow). */
function withoutNoise(components: readonly Component[], { width, height }: Plane): Component[] {
  const largest = (of: readonly Component[]) => of.reduce((size, each) => Math.max(size, sizeOf(each)), 0);
  const isInside = ({ left, right, top, bottom }: Component) =>
    left > 0 && top > 0 && right < width - 1 && bottom < height - 1;
  const inside = components.filter(isInside);
  // A digit that fills the image may touch the border. Then no other component is as large.
  const candidates = largest(inside) > 0.12 * Math.max(width, height) ? inside : components;
  const maxSpeck = Math.max(largest(candidates) / 8, (MIN_DIGIT_SIZE * Math.max(width, height)) / 4);
  if (largest(candidates) < MIN_DIGIT_SIZE * Math.max(width, height)) return [];
  const large = candidates.filter((component) => sizeOf(component) > maxSpeck);
  // A decimal point is as thick as the pen. Specks are thinner.
  const minPoint = Math.max(0.7 * thicknessOf(large, width), (MIN_DIGIT_SIZE * Math.max(width, height)) / 6);
  const points = candidates.filter(
    (component) =>
      sizeOf(component) <= maxSpeck && Math.min(widthOf(component), heightOf(component)) >= minPoint,
  );
  return [...large, ...(points.length <= MAX_POINTS ? points : [])];
}

function mergeAll(components: readonly Component[]): Component {
  return {
    pixels: components.flatMap(({ pixels }) => pixels),
    left: Math.min(...components.map(({ left }) => left)),
    right: Math.max(...components.map(({ right }) => right)),
    top: Math.min(...components.map(({ top }) => top)),
    bottom: Math.max(...components.map(({ bottom }) => bottom)),
  };
}

/** The ink of a digit, with its stroke width adjusted to MNIST's. */
function rasterOf(digit: Component, contrast: Plane): Raster {
  // Strokes that are thickened need a margin.
  const margin = Math.ceil(sizeOf(digit) * STROKE_WIDTH.thickenTo);
  return normalizeStrokeWidth(inkOf(digit, contrast, margin), sizeOf(digit));
}

/** The ink of a component without other ink, 0…1, with the antialiased edges of the image. */
function inkOf(component: Component, contrast: Plane, margin: number): Plane {
  const [width, height] = [widthOf(component) + 2 * margin, heightOf(component) + 2 * margin];
  const at = (i: number) => contrast.values[i] ?? 0;
  // The contrast of full ink.
  const full = 0.85 * quantile(component.pixels.map(at), 0.7);
  const values = new Float32Array(width * height);
  for (const pixel of component.pixels) {
    const x = (pixel % contrast.width) - component.left + margin;
    const y = Math.floor(pixel / contrast.width) - component.top + margin;
    values[y * width + x] = Math.min(1, at(pixel) / full);
  }
  return { width, height, values };
}

/**
 * Thicken or thin the strokes of a digit to a width that occurs in MNIST.
 *
 * @param digit - Ink of 0…1, with a margin of at least `size` / 8.
 * @param size - Long side of the ink, pixels.
 * @returns A raster whose ink is `RASTER_SIZE` pixels long, before thickening or thinning.
 */
export function normalizeStrokeWidth(digit: Plane, size: number): Raster {
  const { width, height, values } = resize(digit, (RASTER_SIZE * Math.max(digit.width, digit.height)) / size);
  const isInk = (i: number) => (values[i] ?? 0) >= 0.5;
  const outside = squaredDistanceTransform(width, height, isInk);
  const inside = squaredDistanceTransform(width, height, (i) => !isInk(i));
  // Signed distance to the edge of the ink, positive inside.
  const depth = inside.map((d2, i) => (isInk(i) ? Math.sqrt(d2) - 0.5 : 0.5 - Math.sqrt(outside[i] ?? 0)));

  // Across a stroke of width w, the depth rises from 0 to w / 2 and falls again. Its mean is w / 4.
  const inkDepth = depth.filter((value) => value > 0);
  const strokeWidth =
    (4 * inkDepth.reduce((sum, value) => sum + value, 0)) / Math.max(1, inkDepth.length) / RASTER_SIZE;
  if (strokeWidth >= STROKE_WIDTH.min && strokeWidth <= STROKE_WIDTH.max) {
    return { width, height, ink: Float64Array.from(values, (value) => (value < 0.1 ? 0 : value)) };
  }
  const target = strokeWidth < STROKE_WIDTH.min ? STROKE_WIDTH.thickenTo : STROKE_WIDTH.thinTo;
  const growth = ((target - strokeWidth) * RASTER_SIZE) / 2;
  return {
    width,
    height,
    ink: Float64Array.from(depth, (value) => Math.min(1, Math.max(0, value + growth + 0.5))),
  };
}
