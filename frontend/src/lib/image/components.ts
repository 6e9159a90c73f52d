/** Connected parts of a mask. */

/** Pixels that hang together, corners included. */
export interface Component {
  /** Positions in the mask, row by row. */
  readonly pixels: readonly number[];
  /** First and last column and row. */
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The mask's components, in the order in which a reader of its rows meets them. */
export function connectedComponents(
  width: number,
  height: number,
  mask: (i: number) => boolean,
): Component[] {
  const seen = new Uint8Array(width * height);
  const found: Component[] = [];
  for (let start = 0; start < seen.length; start++) {
    if (seen[start] === 1 || !mask(start)) continue;
    const pixels = [start];
    let [left, right, top, bottom] = [Infinity, -1, Infinity, -1];
    seen[start] = 1;
    // A list grows while it is walked.
    for (const pixel of pixels) {
      const [x, y] = [pixel % width, Math.floor(pixel / width)];
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          const next = v * width + u;
          if (seen[next] === 1 || !mask(next)) continue;
          seen[next] = 1;
          pixels.push(next);
        }
      }
    }
    found.push({ pixels, left, right, top, bottom });
  }
  return found;
}
