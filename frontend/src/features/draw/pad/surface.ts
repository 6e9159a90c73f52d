import { paint, paintStrokes, wipe } from "@/lib/ink/paint";
import type { Point, Stroke } from "@/lib/ink/strokes";
import type { DrawingInput } from "@/lib/ink/drawingInput";

/** Nobody reads answers that change more often, and a phone has better things to do. Milliseconds. */
const LIVE_INTERVAL = 70;

/**
 * The paper's two canvases. What is dry stays painted; the stroke that is still wet is painted anew on its own, at most
 * once a frame. It grows here, outside of React: a hand is quicker than a page renders.
 */
export class Surface {
  private input: DrawingInput | null = null;
  /** What the dry canvas shows. */
  private painted: DrawingInput | null = null;
  private activeStroke: Point[] | null = null;
  /** Whether the wet stroke has points that are not painted yet. */
  private dirty = false;
  private frame: number | null = null;
  private lastLive = -Infinity;
  private readonly observer = new ResizeObserver(() => {
    this.paintCommitted(true);
    this.paintActive();
  });

  /** @param onLiveInput - Hears of all the ink while some of it is wet and grows, about a dozen times a second. */
  constructor(
    private readonly committed: HTMLCanvasElement,
    private readonly active: HTMLCanvasElement,
    private readonly onLiveInput: (input: DrawingInput) => void,
  ) {
    this.observer.observe(committed);
  }

  /** Show what is on the sheet. */
  show(sheet: DrawingInput): void {
    this.input = sheet;
    this.paintCommitted(false);
  }

  begin(point: Point): void {
    this.activeStroke = [point];
    this.soon();
  }

  /** Points that repeat the one before are left out. */
  extend(points: readonly Point[]): void {
    const stroke = this.activeStroke;
    if (stroke === null) return;
    for (const point of points) {
      const before = stroke.at(-1);
      if (point.x !== before?.x || point.y !== before.y) stroke.push(point);
    }
    this.soon();
  }

  /** Take the wet stroke from the paper, if there is one. */
  lift(): Stroke | null {
    const stroke = this.activeStroke;
    this.activeStroke = null;
    return stroke;
  }

  /** Show what is dry alone. */
  clearActive(): void {
    this.activeStroke = null;
    this.paintActive();
    this.paintCommitted(false);
  }

  close(): void {
    this.observer.disconnect();
    if (this.frame !== null) cancelAnimationFrame(this.frame);
  }

  private soon(): void {
    this.dirty = true;
    this.awaitFrame();
  }

  private awaitFrame(): void {
    this.frame ??= requestAnimationFrame((now) => {
      this.frame = null;
      if (this.dirty) this.paintActive();
      this.dirty = false;
      if (this.activeStroke === null) return;
      // The pen may rest now: what it drew last is seen nevertheless.
      if (now - this.lastLive < LIVE_INTERVAL) return this.awaitFrame();
      this.lastLive = now;
      const committed = this.input?.kind === "ink" ? this.input.strokes : [];
      this.onLiveInput({ kind: "ink", strokes: [...committed, [...this.activeStroke]] });
    });
  }

  private paintActive(): void {
    wipe(this.active);
    if (this.activeStroke === null) return;
    if (this.painted?.kind !== "ink") {
      // A picture makes room for whoever draws on it.
      wipe(this.committed);
      this.painted = null;
    }
    paintStrokes(this.active, [this.activeStroke], { finished: false });
  }

  private paintCommitted(afresh: boolean): void {
    const { input, painted } = this;
    if (input === null || (input === painted && !afresh)) return;
    const added = afresh ? null : addedStrokes(painted, input);
    if (added === null) {
      wipe(this.committed);
      paint(this.committed, input);
    } else paintStrokes(this.committed, added, { finished: true });
    this.painted = input;
  }
}

/** The strokes that `after` has beyond those of `before`; null when it is not `before` and more. */
function addedStrokes(before: DrawingInput | null, after: DrawingInput): readonly Stroke[] | null {
  if (before?.kind !== "ink" || after.kind !== "ink") return null;
  const grown = before.strokes.every((stroke, i) => stroke === after.strokes[i]);
  return grown ? after.strokes.slice(before.strokes.length) : null;
}
