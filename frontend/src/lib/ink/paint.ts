import type { Stroke } from "./types";

/** Pen diameter on the page, as a share of the drawing surface's side. */
const WIDTH = 0.046;

/**
 * Draw strokes afresh on a square canvas, at the screen's own resolution.
 *
 * @param strokes - In 0…1 of the canvas' side.
 */
export function paint(canvas: HTMLCanvasElement, strokes: readonly Stroke[]): void {
  const side = Math.round(canvas.clientWidth * devicePixelRatio);
  const context = canvas.getContext("2d");
  if (context === null) return;
  // Assigning a size, even the same one, wipes the canvas.
  canvas.width = canvas.height = side;
  context.scale(side, side);
  context.lineWidth = WIDTH;
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = getComputedStyle(canvas).color;
  for (const stroke of strokes) context.stroke(smoothPath(stroke));
}

/** A curve through the middles between points: no corners at the rate that a pointer reports. */
function smoothPath(stroke: Stroke): Path2D {
  const path = new Path2D();
  stroke.forEach((point, i) => {
    const next = stroke[i + 1];
    if (i === 0) path.moveTo(point.x, point.y);
    if (next === undefined) path.lineTo(point.x, point.y);
    else path.quadraticCurveTo(point.x, point.y, (point.x + next.x) / 2, (point.y + next.y) / 2);
  });
  return path;
}
