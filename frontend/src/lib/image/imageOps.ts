/** Operations on single-channel images. */

/** A single-channel image: one value per pixel, row by row. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/** Apply `change` to each pixel. */
export function map(plane: Plane, change: (value: number, i: number) => number): Plane {
  return { ...plane, values: plane.values.map(change) };
}

/** Swap rows and columns. */
export function transpose({ width, height, values }: Plane): Plane {
  const transposed = new Float32Array(values.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) transposed[x * height + y] = values[y * width + x] ?? 0;
  }
  return { width: height, height: width, values: transposed };
}

/**
 * Scale to a long side of `side` pixels: linear interpolation for enlargement, weighted averages for reduction.
 *
 * @param side - At least 1.
 * @returns The same object if it has that size.
 */
export function resize(plane: Plane, side: number): Plane {
  const scale = side / Math.max(plane.width, plane.height);
  const resizeRows = ({ width, height, values }: Plane): Plane => {
    const length = Math.max(1, Math.round(width * scale));
    const scaled = new Float32Array(length * height);
    const step = width / length;
    // Radius of a triangle filter: the spacing of the coarser grid.
    const radius = Math.max(1, step);
    for (let x = 0; x < length; x++) {
      const centre = (x + 0.5) * step - 0.5;
      const [from, to] = [Math.ceil(centre - radius), Math.floor(centre + radius)];
      for (let y = 0; y < height; y++) {
        let [sum, total] = [0, 0];
        for (let at = from; at <= to; at++) {
          const weight = radius - Math.abs(at - centre);
          sum += weight * (values[y * width + Math.min(width - 1, Math.max(0, at))] ?? 0);
          total += weight;
        }
        scaled[y * length + x] = sum / total;
      }
    }
    return { width: length, height, values: scaled };
  };
  return scale === 1 ? plane : transpose(resizeRows(transpose(resizeRows(plane))));
}

/** Box filter: the mean over a square window of `2·radius + 1` pixels, clipped at the border. */
export function boxBlur(plane: Plane, radius: number): Plane {
  const blurRows = ({ width, height, values }: Plane): Plane => {
    const blurred = new Float32Array(values.length);
    for (let y = 0; y < height; y++) {
      const row = y * width;
      let [sum, count] = [0, 0];
      for (let x = -radius; x < width; x++) {
        if (x + radius < width) {
          sum += values[row + x + radius] ?? 0;
          count++;
        }
        if (x - radius - 1 >= 0) {
          sum -= values[row + x - radius - 1] ?? 0;
          count--;
        }
        if (x >= 0) blurred[row + x] = sum / count;
      }
    }
    return { width, height, values: blurred };
  };
  return transpose(blurRows(transpose(blurRows(plane))));
}

/**
 * Greyscale closing (dilation, then erosion) with a square of `2·radius + 1` pixels. It fills dark regions that are narrower
 * than the square.
 */
export function closing(plane: Plane, radius: number): Plane {
  const negate = (value: number) => -value;
  const dilated = dilate(plane, radius);
  return map(dilate(map(dilated, negate), radius), negate);
}

/** Maximum filter over a square window, clipped at the border. The run time does not depend on the radius. */
function dilate(plane: Plane, radius: number): Plane {
  const dilateRows = ({ width, height, values }: Plane): Plane => {
    const largest = new Float32Array(values.length);
    // Positions of the values that may still become the maximum, in descending order of value.
    const queue = new Int32Array(width);
    for (let y = 0; y < height; y++) {
      const row = y * width;
      let [head, tail] = [0, 0];
      for (let x = -radius; x < width; x++) {
        const entering = x + radius;
        if (entering < width) {
          const value = values[row + entering] ?? 0;
          while (tail > head && (values[row + (queue[tail - 1] ?? 0)] ?? 0) <= value) tail--;
          queue[tail++] = entering;
        }
        if (x < 0) continue;
        if ((queue[head] ?? 0) < x - radius) head++;
        largest[row + x] = values[row + (queue[head] ?? 0)] ?? 0;
      }
    }
    return { width, height, values: largest };
  };
  return transpose(dilateRows(transpose(dilateRows(plane))));
}

/**
 * The quantile of values in 0…1, to 1/1000.
 *
 * @param values - Values outside 0…1 are clipped.
 * @param share - The share of the values that lie at or below the quantile, 0…1.
 */
export function quantile(values: Iterable<number>, share: number): number {
  const BINS = 1000;
  const histogram = new Uint32Array(BINS + 1);
  let count = 0;
  for (const value of values) {
    const bin = Math.min(BINS, Math.max(0, Math.round(value * BINS)));
    histogram[bin] = (histogram[bin] ?? 0) + 1;
    count++;
  }
  let below = 0;
  for (let bin = 0; bin <= BINS; bin++) {
    below += histogram[bin] ?? 0;
    if (below >= share * count) return bin / BINS;
  }
  return 1;
}

/**
 * Euclidean distance transform: the squared distance of each pixel to the nearest pixel of `mask`, in pixels. Computed as
 * the lower envelope of parabolas, along rows and then columns (Felzenszwalb and Huttenlocher).
 *
 * @param mask - True for at least one pixel.
 */
export function squaredDistanceTransform(
  width: number,
  height: number,
  mask: (i: number) => boolean,
): Float32Array {
  const FAR = (width + height) ** 2;
  let plane: Plane = {
    width,
    height,
    values: Float32Array.from({ length: width * height }, (_, i) => (mask(i) ? 0 : FAR)),
  };
  plane = transpose(distanceAlongRows(plane));
  return transpose(distanceAlongRows(plane)).values;
}

function distanceAlongRows({ width, height, values }: Plane): Plane {
  const distances = new Float32Array(values.length);
  // The vertices of the parabolas in the envelope, and where each becomes the lowest.
  const vertex = new Int32Array(width);
  const start = new Float64Array(width + 1);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    const f = (x: number) => values[row + x] ?? 0;
    let top = 0;
    vertex[0] = 0;
    start[0] = -Infinity;
    start[1] = Infinity;
    for (let x = 1; x < width; x++) {
      const intersection = () => {
        const v = vertex[top] ?? 0;
        return (f(x) + x * x - f(v) - v * v) / (2 * (x - v));
      };
      let at = intersection();
      while (at <= (start[top] ?? 0)) {
        top--;
        at = intersection();
      }
      top++;
      vertex[top] = x;
      start[top] = at;
      start[top + 1] = Infinity;
    }
    top = 0;
    for (let x = 0; x < width; x++) {
      while ((start[top + 1] ?? Infinity) < x) top++;
      const v = vertex[top] ?? 0;
      distances[row + x] = (x - v) * (x - v) + f(v);
    }
  }
  return { width, height, values: distances };
}
