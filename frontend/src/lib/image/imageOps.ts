/** Arithmetic on images of one channel, row by row: what reading a picture needs and no more. */

/** One number a pixel, row by row. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/** The plane with another value a pixel. */
export function map(plane: Plane, change: (value: number, i: number) => number): Plane {
  return { ...plane, values: plane.values.map(change) };
}

/** Rows become columns. */
export function transpose({ width, height, values }: Plane): Plane {
  const turned = new Float32Array(values.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) turned[x * height + y] = values[y * width + x] ?? 0;
  }
  return { width: height, height: width, values: turned };
}

/**
 * Scale to a long side of `side` pixels: smooth when it grows, averaged when it shrinks.
 *
 * @param side - At least 1.
 */
export function resize(plane: Plane, side: number): Plane {
  const scale = side / Math.max(plane.width, plane.height);
  const along = ({ width, height, values }: Plane): Plane => {
    const length = Math.max(1, Math.round(width * scale));
    const scaled = new Float32Array(length * height);
    const step = width / length;
    // A tent as wide as the coarser of the two grids.
    const reach = Math.max(1, step);
    for (let x = 0; x < length; x++) {
      const centre = (x + 0.5) * step - 0.5;
      const [from, to] = [Math.ceil(centre - reach), Math.floor(centre + reach)];
      for (let y = 0; y < height; y++) {
        let [sum, total] = [0, 0];
        for (let at = from; at <= to; at++) {
          const weight = reach - Math.abs(at - centre);
          sum += weight * (values[y * width + Math.min(width - 1, Math.max(0, at))] ?? 0);
          total += weight;
        }
        scaled[y * length + x] = sum / total;
      }
    }
    return { width: length, height, values: scaled };
  };
  return scale === 1 ? plane : transpose(along(transpose(along(plane))));
}

/** Mean over the square window of `2·radius + 1` pixels, cut off at the border. */
export function boxBlur(plane: Plane, radius: number): Plane {
  const along = ({ width, height, values }: Plane): Plane => {
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
  return transpose(along(transpose(along(plane))));
}

/** Fill every dark part that a square of `2·radius + 1` pixels does not fit into (a grey closing). */
export function closing(plane: Plane, radius: number): Plane {
  const negative = (value: number) => -value;
  const dilated = dilate(plane, radius);
  return map(dilate(map(dilated, negative), radius), negative);
}

/** Largest value of the square window, cut off at the border; time does not depend on the radius. */
function dilate(plane: Plane, radius: number): Plane {
  const along = ({ width, height, values }: Plane): Plane => {
    const largest = new Float32Array(values.length);
    // Positions whose value may still become a maximum, in descending order of value.
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
  return transpose(along(transpose(along(plane))));
}

/**
 * The value below which `share` of the values lie, to 1/1000 of 0…1.
 *
 * @param values - Of 0…1; what is outside counts as the nearest of the two.
 */
export function quantile(values: Iterable<number>, share: number): number {
  const STEPS = 1000;
  const histogram = new Uint32Array(STEPS + 1);
  let count = 0;
  for (const value of values) {
    const bin = Math.min(STEPS, Math.max(0, Math.round(value * STEPS)));
    histogram[bin] = (histogram[bin] ?? 0) + 1;
    count++;
  }
  let below = 0;
  for (let bin = 0; bin <= STEPS; bin++) {
    below += histogram[bin] ?? 0;
    if (below >= share * count) return bin / STEPS;
  }
  return 1;
}

/**
 * Squared distance of each pixel to the nearest one in `inside` (Felzenszwalb and Huttenlocher's lower envelope of
 * parabolas, along rows and then columns).
 *
 * @param inside - At least one true.
 */
export function squaredDistance(width: number, height: number, inside: (i: number) => boolean): Float32Array {
  const FAR = (width + height) ** 2;
  let plane: Plane = {
    width,
    height,
    values: Float32Array.from({ length: width * height }, (_, i) => (inside(i) ? 0 : FAR)),
  };
  plane = transpose(distanceAlongRows(plane));
  return transpose(distanceAlongRows(plane)).values;
}

function distanceAlongRows({ width, height, values }: Plane): Plane {
  const distances = new Float32Array(values.length);
  const apex = new Int32Array(width);
  const from = new Float64Array(width + 1);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    const f = (x: number) => values[row + x] ?? 0;
    let top = 0;
    apex[0] = 0;
    from[0] = -Infinity;
    from[1] = Infinity;
    for (let x = 1; x < width; x++) {
      const meets = () => {
        const v = apex[top] ?? 0;
        return (f(x) + x * x - f(v) - v * v) / (2 * (x - v));
      };
      let at = meets();
      while (at <= (from[top] ?? 0)) {
        top--;
        at = meets();
      }
      top++;
      apex[top] = x;
      from[top] = at;
      from[top + 1] = Infinity;
    }
    top = 0;
    for (let x = 0; x < width; x++) {
      while ((from[top + 1] ?? Infinity) < x) top++;
      const v = apex[top] ?? 0;
      distances[row + x] = (x - v) * (x - v) + f(v);
    }
  }
  return { width, height, values: distances };
}
