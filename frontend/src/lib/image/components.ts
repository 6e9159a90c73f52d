/** Connected components of a mask. */

/** A set of 8-connected pixels. */
export interface Component {
  /** Indices into the mask. */
  readonly pixels: readonly number[];
  /** Bounding box: first and last column and row. */
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Find the 8-connected components of a mask, sorted by their first pixel in row-major order. */
export function connectedComponents(
  width: number,
  height: number,
  mask: (i: number) => boolean,
): Component[] {
  const visited = new Uint8Array(width * height);
  const components: Component[] = [];
  for (let start = 0; start < visited.length; start++) {
    if (visited[start] === 1 || !mask(start)) continue;
    const pixels = [start];
    let [left, right, top, bottom] = [Infinity, -1, Infinity, -1];
    visited[start] = 1;
    // The loop appends to the list that it iterates over.
    for (const pixel of pixels) {
      const [x, y] = [pixel % width, Math.floor(pixel / width)];
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          const next = v * width + u;
          if (visited[next] === 1 || !mask(next)) continue;
          visited[next] = 1;
          pixels.push(next);
        }
      }
    }
    components.push({ pixels, left, right, top, bottom });
  }
  return components;
}
