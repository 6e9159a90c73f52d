/**
 * A photograph or any other picture of digits → their ink.
 *
 * The paper's light and shade and its printed lines are taken away (background.ts); what is left and hangs together is ink;
 * parts above each other belong to one digit; and each digit's pen is made as thick as MNIST's where it was not.
 */

import { type Component, connectedComponents } from "./components";
import { type Plane, quantile, resize, squaredDistance } from "./imageOps";
import { contrastToBackground, removeRuledLines } from "./background";
import type { Raster } from "@/lib/ink/preprocess";
import { CANVAS_SIZE } from "@/lib/ink/strokes";
import type { DetectedDigit, DrawingInput } from "@/lib/ink/drawingInput";

/** Long side in pixels to which larger pictures are scaled down: the work is bounded, and a pen's line still seen. */
export const MAX_SIDE = 720;

/** Long side in pixels to which smaller ones are scaled up. */
const MIN_SIDE = 240;

/** More parts than this are a page of writing, or a picture of something else. */
export const MAX_DIGITS = 12;

/** Ink that is less darker than the paper, as a share of it, is shade. */
const FAINTEST = 0.12;

/** Long side of the smallest digit that is looked for, as a share of the picture's. */
const TINIEST = 0.03;

/** Thinnest and thickest pen that is left alone, and what others are brought to: shares of the digit's long side. */
const PEN = { thinnest: 0.085, thin: 0.115, thick: 0.19, thickest: 0.24 };

/** Long side of a digit's raster, as of one drawn from strokes. */
const DETAIL = 160;

/** Long side of what is looked at. */
const DISPLAY = 400;

/** Luminance of a picture, 0 (black) … 255 (white), row by row. */
export interface GreyImage {
  readonly width: number;
  readonly height: number;
  readonly grey: Uint8Array<ArrayBuffer>;
}

/**
 * What lies on a picture, from left to right and line by line; null when its paper is blank.
 *
 * @param picture - At least one pixel; `LARGEST` on its long side is enough.
 */
export function digitsFromImage(picture: GreyImage): Extract<DrawingInput, { kind: "picture" }> | null {
  const { width, height, grey } = picture;
  const greys: Plane = { width, height, values: Float32Array.from(grey, (value) => value / 255) };
  const side = Math.min(MAX_SIDE, Math.max(MIN_SIDE, width, height));
  const contrast = removeRuledLines(contrastToBackground(resize(greys, side)));
  const ink = quantile(contrast.values, 0.998);
  if (ink < Math.max(FAINTEST, 5 * contrast.noise)) return null;

  const weak = Math.max(0.28 * ink, 3.5 * contrast.noise);
  const at = (i: number) => contrast.values[i] ?? 0;
  const parts = connectedComponents(contrast.width, contrast.height, (i) => at(i) > weak).filter(
    ({ pixels }) => pixels.some((i) => at(i) > 0.5 * ink),
  );
  const glyphs = group(withoutNoise(parts, contrast));
  return glyphs.length === 0 ? null : placeOnPaper(glyphs, contrast);
}

/** The glyphs as they will lie on the page's paper: as large as fits, in the middle, room around them. */
function placeOnPaper(
  glyphs: readonly Component[],
  contrast: Plane,
): Extract<DrawingInput, { kind: "picture" }> {
  const all = glyphs.reduce(join);
  const margin = Math.ceil(sizeOf(all) / 6);
  const whole = resize(inkOf(all, contrast, margin), Math.min(DISPLAY, sizeOf(all) + 2 * margin));
  const [width, height] = [widthOf(all) + 2 * margin, heightOf(all) + 2 * margin];
  const scale = Math.min(CANVAS_SIZE.width / width, CANVAS_SIZE.height / height);
  const left = (CANVAS_SIZE.width - width * scale) / 2;
  const top = (CANVAS_SIZE.height - height * scale) / 2;
  return {
    kind: "picture",
    raster: { width: whole.width, height: whole.height, ink: Float64Array.from(whole.values) },
    digits: glyphs.map((glyph): DetectedDigit => {
      const [right, down] = [glyph.left - all.left + margin, glyph.top - all.top + margin];
      return {
        box: {
          left: (left + right * scale) / CANVAS_SIZE.width,
          top: (top + down * scale) / CANVAS_SIZE.height,
          width: (widthOf(glyph) * scale) / CANVAS_SIZE.width,
          height: (heightOf(glyph) * scale) / CANVAS_SIZE.height,
        },
        raster: rasterOf(glyph, contrast),
      };
    }),
  };
}

const widthOf = ({ left, right }: Component) => right - left + 1;
const heightOf = ({ top, bottom }: Component) => bottom - top + 1;
const sizeOf = (part: Component) => Math.max(widthOf(part), heightOf(part));

/** Without specks, and without what comes in from the border (the edge of a sheet, a finger, a shadow). */
function withoutNoise(parts: readonly Component[], { width, height }: Plane): Component[] {
  const largest = (of: readonly Component[]) => of.reduce((size, part) => Math.max(size, sizeOf(part)), 0);
  const isWhole = ({ left, right, top, bottom }: Component) =>
    left > 0 && top > 0 && right < width - 1 && bottom < height - 1;
  const whole = parts.filter(isWhole);
  // A digit that fills its picture may touch the border; then there is nothing else of its size.
  const kept = largest(whole) > 0.12 * Math.max(width, height) ? whole : parts;
  const speck = Math.max(largest(kept) / 8, (TINIEST * Math.max(width, height)) / 4);
  if (largest(kept) < TINIEST * Math.max(width, height)) return [];
  return kept.filter((part) => sizeOf(part) > speck);
}

/** Join the parts of a digit, as the bar of a 5 and its body, and sort the digits line by line, left to right. */
function group(parts: readonly Component[]): Component[] {
  const glyphs: Component[] = [];
  for (const part of parts.toSorted((a, b) => sizeOf(b) - sizeOf(a))) {
    const i = glyphs.findIndex((glyph) => belongs(part, glyph));
    const glyph = glyphs[i];
    if (glyph === undefined) glyphs.push(part);
    else glyphs[i] = join(glyph, part);
  }
  return inReadingOrder(glyphs);
}

/** Whether `part` lies over, under or in `glyph`, which is no smaller, rather than beside it. */
function belongs(part: Component, glyph: Component): boolean {
  const shared = Math.min(part.right, glyph.right) - Math.max(part.left, glyph.left) + 1;
  const gap = Math.max(part.top, glyph.top) - Math.min(part.bottom, glyph.bottom);
  return shared >= 0.5 * widthOf(part) && gap < 0.3 * heightOf(glyph) && sizeOf(part) < 0.75 * sizeOf(glyph);
}

function join(a: Component, b: Component): Component {
  return {
    pixels: [...a.pixels, ...b.pixels],
    left: Math.min(a.left, b.left),
    right: Math.max(a.right, b.right),
    top: Math.min(a.top, b.top),
    bottom: Math.max(a.bottom, b.bottom),
  };
}

function inReadingOrder(glyphs: readonly Component[]): Component[] {
  const lines: Component[][] = [];
  for (const glyph of glyphs.toSorted((a, b) => a.top + a.bottom - b.top - b.bottom)) {
    const middle = (glyph.top + glyph.bottom) / 2;
    const line = lines.find((each) => each.some(({ top, bottom }) => top <= middle && middle <= bottom));
    if (line === undefined) lines.push([glyph]);
    else line.push(glyph);
  }
  return lines.flatMap((line) => line.toSorted((a, b) => a.left - b.left));
}

/** A digit's own ink, drawn with a pen as thick as those that the network knows. */
function rasterOf(glyph: Component, contrast: Plane): Raster {
  // Room for a line that is made thicker.
  const margin = Math.ceil(sizeOf(glyph) * PEN.thin);
  return normalizePenWidth(inkOf(glyph, contrast, margin), sizeOf(glyph));
}

/** Ink alone, 0…1, its edges grey as in the picture. */
function inkOf(part: Component, contrast: Plane, margin: number): Plane {
  const [width, height] = [widthOf(part) + 2 * margin, heightOf(part) + 2 * margin];
  const at = (i: number) => contrast.values[i] ?? 0;
  const full = 0.85 * quantile(part.pixels.map(at), 0.7);
  const values = new Float32Array(width * height);
  for (const pixel of part.pixels) {
    const x = (pixel % contrast.width) - part.left + margin;
    const y = Math.floor(pixel / contrast.width) - part.top + margin;
    values[y * width + x] = Math.min(1, at(pixel) / full);
  }
  return { width, height, values };
}

/**
 * Thicken or thin a digit's lines until their thickness is one that the network has learned.
 *
 * @param digit - Its ink of 0…1, with a margin of `size` / 8 or more for lines that are made thicker.
 * @param size - Long side of the ink, pixels.
 */
export function normalizePenWidth(digit: Plane, size: number): Raster {
  const { width, height, values } = resize(digit, (DETAIL * Math.max(digit.width, digit.height)) / size);
  const inked = (i: number) => (values[i] ?? 0) >= 0.5;
  const outside = squaredDistance(width, height, inked);
  const inside = squaredDistance(width, height, (i) => !inked(i));
  // Positive in the ink; its size is the distance to the line's edge.
  const depth = inside.map((d2, i) => (inked(i) ? Math.sqrt(d2) - 0.5 : 0.5 - Math.sqrt(outside[i] ?? 0)));

  // Across a line of thickness t the depth goes from 0 to t / 2 and back: its mean is t / 4.
  const deep = depth.filter((value) => value > 0);
  const thickness = (4 * deep.reduce((sum, value) => sum + value, 0)) / Math.max(1, deep.length) / DETAIL;
  if (thickness >= PEN.thinnest && thickness <= PEN.thickest) {
    return { width, height, ink: Float64Array.from(values, (value) => (value < 0.1 ? 0 : value)) };
  }
  const wanted = thickness < PEN.thinnest ? PEN.thin : PEN.thick;
  const grow = ((wanted - thickness) * DETAIL) / 2;
  return {
    width,
    height,
    ink: Float64Array.from(depth, (value) => Math.min(1, Math.max(0, value + grow + 0.5))),
  };
}
