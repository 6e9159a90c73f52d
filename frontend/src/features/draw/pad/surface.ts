import { paint, paintStrokes, clearCanvas } from "../paint";
import type { Point, Stroke } from "@/lib/ink/strokes";
import type { DrawingInput } from "@/lib/ink/drawingInput";

/** Minimum interval between two live predictions in milliseconds. Shorter ones are unreadable and slow down phones. */
const LIVE_INTERVAL = 70;

/**
 * Paints two stacked canvases: one with the committed drawing and one with the active stroke. Only the active stroke is
 * repainted, at most once a frame. It is not React state, because rendering each point would be too slow.
 */
export class Surface {
  private input: DrawingInput | null = null;
  /** The drawing on the committed canvas. */
  private painted: DrawingInput | null = null;
  private activeStroke: Point[] | null = null;
  /** Whether the active stroke has unpainted points. */
  private dirty = false;
  private frame: number | null = null;
  private lastLive = -Infinity;
  private readonly observer = new ResizeObserver(() => {
    this.paintCommitted(true);
    this.paintActive();
  });

  /** @param onLiveInput - Called with all strokes, including the active one, at most every `LIVE_INTERVAL`. */
  constructor(
    private readonly committed: HTMLCanvasElement,
    private readonly active: HTMLCanvasElement,
    private readonly onLiveInput: (input: DrawingInput) => void,
  ) {
    this.observer.observe(committed);
  }

  /** Paint `input` as the committed drawing. */
  show(input: DrawingInput): void {
    this.input = input;
    this.paintCommitted(false);
  }

  begin(point: Point): void {
    this.activeStroke = [point];
    this.schedulePaint();
  }

  /** Add points to the active stroke, without consecutive duplicates. */
  extend(points: readonly Point[]): void {
    const stroke = this.activeStroke;
    if (stroke === null) return;
    for (const point of points) {
      const last = stroke.at(-1);
      if (point.x !== last?.x || point.y !== last.y) stroke.push(point);
    }
    this.schedulePaint();
  }

  /** End the active stroke and return it; null if there is none. */
  takeStroke(): Stroke | null {
    const stroke = this.activeStroke;
    this.activeStroke = null;
    return stroke;
  }

  /** Remove the active stroke. */
  clearActive(): void {
    this.activeStroke = null;
    this.paintActive();
    this.paintCommitted(false);
  }

  close(): void {
    this.observer.disconnect();
    if (this.frame !== null) cancelAnimationFrame(this.frame);
  }

  private schedulePaint(): void {
    this.dirty = true;
    this.requestFrame();
  }

  private requestFrame(): void {
    this.frame ??= requestAnimationFrame((now) => {
      this.frame = null;
      if (this.dirty) this.paintActive();
      this.dirty = false;
      if (this.activeStroke === null) return;
      // Try again in the next frame, so that the last points are predicted even if the pen stops.
      if (now - this.lastLive < LIVE_INTERVAL) return this.requestFrame();
      this.lastLive = now;
      const committed = this.input?.kind === "ink" ? this.input.strokes : [];
      this.onLiveInput({ kind: "ink", strokes: [...committed, [...this.activeStroke]] });
    });
  }

  private paintActive(): void {
    clearCanvas(this.active);
    if (this.activeStroke === null) return;
    if (this.painted?.kind !== "ink") {
      // Drawing on an image or a pixel grid replaces it.
      clearCanvas(this.committed);
      this.painted = null;
    }
    paintStrokes(this.active, [this.activeStroke], { finished: false });
  }

  private paintCommitted(repaint: boolean): void {
    const { input, painted } = this;
    if (input === null || (input === painted && !repaint)) return;
    const added = repaint ? null : addedStrokes(painted, input);
    if (added === null) {
      clearCanvas(this.committed);
      paint(this.committed, input);
    } else paintStrokes(this.committed, added, { finished: true });
    this.painted = input;
  }
}

/** The strokes that `after` adds to `before`; null if `after` does not begin with the strokes of `before`. */
function addedStrokes(before: DrawingInput | null, after: DrawingInput): readonly Stroke[] | null {
  if (before?.kind !== "ink" || after.kind !== "ink") return null;
  const extendsBefore = before.strokes.every((stroke, i) => stroke === after.strokes[i]);
  return extendsBefore ? after.strokes.slice(before.strokes.length) : null;
}
