import { getStroke } from "perfect-freehand";
import { SIDE } from "@/lib/ink/preprocess";
import { CANVAS_SIZE, type Stroke } from "@/lib/ink/strokes";
import type { DrawingInput } from "@/lib/ink/drawingInput";

/** Blue-black. In dark mode, the style sheet inverts it to a warm white. */
export const INK = "#1c2238";

/** Units per canvas height. perfect-freehand expects lengths in pixels. */
const UNITS = 500;

/** Options of perfect-freehand. `streamline` is 0 because it would move the ink away from its coordinates. */
const PEN = { size: 24, thinning: 0.45, smoothing: 0.5, streamline: 0 };

/** Set the canvas to the resolution of the screen and clear it. */
export function clearCanvas(canvas: HTMLCanvasElement): void {
  const width = Math.round(canvas.clientWidth * devicePixelRatio);
  const height = Math.round(canvas.clientHeight * devicePixelRatio);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
    return;
  }
  const context = canvas.getContext("2d");
  context?.setTransform(1, 0, 0, 1, 0, 0);
  context?.clearRect(0, 0, width, height);
}

/**
 * Draw strokes over the content of the canvas. Their width depends on the pressure or, without pressure, on the speed.
 *
 * @param finished - Whether the strokes are complete (`last` of perfect-freehand).
 */
export function paintStrokes(
  canvas: HTMLCanvasElement,
  strokes: readonly Stroke[],
  { finished }: { readonly finished: boolean },
): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const scale = canvas.height / CANVAS_SIZE.height / UNITS;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.fillStyle = context.strokeStyle = INK;
  context.lineWidth = PEN.size / 3;
  context.lineCap = context.lineJoin = "round";
  for (const stroke of strokes) {
    const outline = getStroke(
      stroke.map(({ x, y, pressure }) => ({ x: x * UNITS, y: y * UNITS, pressure })),
      { ...PEN, simulatePressure: stroke[0]?.pressure === undefined, last: finished },
    );
    context.fill(outlinePath(outline));
    // The outline of perfect-freehand has gaps at sharp turns.
    context.stroke(centreLine(stroke));
  }
}

/** Draw `input`. The canvas must be blank. */
export function paint(canvas: HTMLCanvasElement, input: DrawingInput): void {
  if (input.kind === "ink") paintStrokes(canvas, input.strokes, { finished: true });
  else if (input.kind === "picture") {
    const { width, height, ink } = input.raster;
    paintRaster(canvas, width, height, (i) => ink[i] ?? 0);
  } else paintRaster(canvas, SIDE, SIDE, (i) => (input.pixels[i] ?? 0) / 255);
}

/** Draw ink of 0…1, centred and scaled to fit the canvas. */
function paintRaster(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
  inkAt: (i: number) => number,
): void {
  const context = canvas.getContext("2d");
  if (context === null || width === 0 || height === 0) return;
  const image = new ImageData(width, height);
  // The image sets the opacity. The fill below sets the colour.
  for (let i = 0; i < width * height; i++) image.data[4 * i + 3] = Math.round(255 * inkAt(i));
  const source = new OffscreenCanvas(width, height);
  source.getContext("2d")?.putImageData(image, 0, 0);
  const scale = Math.min(canvas.width / width, canvas.height / height);
  const [scaledWidth, scaledHeight] = [width * scale, height * scale];
  const [left, top] = [(canvas.width - scaledWidth) / 2, (canvas.height - scaledHeight) / 2];
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.imageSmoothingEnabled = scale < 4;
  context.drawImage(source, left, top, scaledWidth, scaledHeight);
  context.globalCompositeOperation = "source-in";
  context.fillStyle = INK;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.globalCompositeOperation = "source-over";
}

/** The path along the points of the stroke. */
function centreLine(stroke: Stroke): Path2D {
  const path = new Path2D();
  for (const { x, y } of stroke) path.lineTo(x * UNITS, y * UNITS);
  return path;
}

/** A closed quadratic curve through the midpoints of the outline's edges. */
function outlinePath(outline: readonly (readonly number[])[]): Path2D {
  const path = new Path2D();
  outline.forEach(([x = 0, y = 0], i) => {
    const [nextX = 0, nextY = 0] = outline[(i + 1) % outline.length] ?? [];
    const middle = [(x + nextX) / 2, (y + nextY) / 2] as const;
    if (i === 0) path.moveTo(...middle);
    else path.quadraticCurveTo(x, y, ...middle);
  });
  path.closePath();
  return path;
}
