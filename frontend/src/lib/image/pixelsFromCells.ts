import { normalizePenWidth } from "./digitsFromImage";
import { normalize, SIDE } from "@/lib/ink/preprocess";

/**
 * Squares inked by hand → the network's image, by the way that all ink goes: a line of single squares becomes one as
 * thick as a pen's, boxed and centred.
 *
 * @param cells - 784 of a grid of 28×28, row by row; some inked.
 * @returns 784 pixels of 0…255, row by row, ink bright.
 */
export function pixelsFromCells(cells: readonly boolean[]): Uint8Array<ArrayBuffer> {
  const inked = Array.from(cells.keys()).filter((i) => cells[i]);
  const rows = extent(inked.map((i) => Math.floor(i / SIDE)));
  const columns = extent(inked.map((i) => i % SIDE));
  const size = Math.max(rows.length, columns.length);
  // Room for the line to grow.
  const margin = Math.ceil(size / 8);
  const [width, height] = [columns.length + 2 * margin, rows.length + 2 * margin];
  const values = new Float32Array(width * height);
  for (const i of inked) {
    const [y, x] = [Math.floor(i / SIDE) - rows.first + margin, (i % SIDE) - columns.first + margin];
    values[y * width + x] = 1;
  }
  return normalize(normalizePenWidth({ width, height, values }, size));
}

function extent(along: readonly number[]): { readonly first: number; readonly length: number } {
  const first = Math.min(...along);
  return { first, length: Math.max(...along) - first + 1 };
}
