import { normalizeStrokeWidth } from "./digitsFromImage";
import { normalize, SIDE } from "@/lib/ink/preprocess";

/**
 * Convert the cells of the pixel editor to a model input. A line of single cells becomes a pen stroke; then the ink is
 * cropped, resampled and centred.
 *
 * @param cells - 28×28 cells, row by row; true is ink. At least one is true.
 * @returns 784 pixels of 0…255, row by row; 255 is full ink.
 */
export function pixelsFromCells(cells: readonly boolean[]): Uint8Array<ArrayBuffer> {
  const inkIndices = Array.from(cells.keys()).filter((i) => cells[i]);
  const rows = extent(inkIndices.map((i) => Math.floor(i / SIDE)));
  const columns = extent(inkIndices.map((i) => i % SIDE));
  const size = Math.max(rows.length, columns.length);
  // Strokes that are thickened need a margin.
  const margin = Math.ceil(size / 8);
  const [width, height] = [columns.length + 2 * margin, rows.length + 2 * margin];
  const values = new Float32Array(width * height);
  for (const i of inkIndices) {
    const [y, x] = [Math.floor(i / SIDE) - rows.first + margin, (i % SIDE) - columns.first + margin];
    values[y * width + x] = 1;
  }
  return normalize(normalizeStrokeWidth({ width, height, values }, size));
}

function extent(coordinates: readonly number[]): { readonly first: number; readonly length: number } {
  const first = Math.min(...coordinates);
  return { first, length: Math.max(...coordinates) - first + 1 };
}
