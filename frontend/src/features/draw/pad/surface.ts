import { paint, paintStrokes, wipe } from "@/lib/ink/paint";
import type { Point, Stroke, Subject } from "@/lib/ink/strokes";

/** Nobody reads answers that change more often, and a phone has better things to do. Milliseconds. */
const GLANCE_PAUSE = 70;

/**
 * The paper's two canvases. What is dry stays painted; the stroke that is still wet is painted anew on its own, at most
 * once a frame. It grows here, outside of React: a hand is quicker than a page renders.
 */
export class Surface {
  private sheet: Subject | null = null;
  /** What the dry canvas shows. */
  private painted: Subject | null = null;
  private wetStroke: Point[] | null = null;
  /** Whether the wet stroke has points that are not painted yet. */
  private grown = false;
  private frame: number | null = null;
  private glanced = -Infinity;
  private readonly observer = new ResizeObserver(() => {
    this.paintDry(true);
    this.paintWet();
  });

  /** @param onGlance - Hears of all the ink while some of it is wet and grows, about a dozen times a second. */
  constructor(
    private readonly dry: HTMLCanvasElement,
    private readonly wet: HTMLCanvasElement,
    private readonly onGlance: (subject: Subject) => void,
  ) {
    this.observer.observe(dry);
  }

  /** Show what is on the sheet. */
  show(sheet: Subject): void {
    this.sheet = sheet;
    this.paintDry(false);
  }

  begin(point: Point): void {
    this.wetStroke = [point];
    this.soon();
  }

  /** Points that repeat the one before are left out. */
  extend(points: readonly Point[]): void {
    const stroke = this.wetStroke;
    if (stroke === null) return;
    for (const point of points) {
      const before = stroke.at(-1);
      if (point.x !== before?.x || point.y !== before.y) stroke.push(point);
    }
    this.soon();
  }

  /** Take the wet stroke from the paper, if there is one. */
  lift(): Stroke | null {
    const stroke = this.wetStroke;
    this.wetStroke = null;
    return stroke;
  }

  /** Show what is dry alone. */
  settle(): void {
    this.wetStroke = null;
    this.paintWet();
    this.paintDry(false);
  }

  close(): void {
    this.observer.disconnect();
    if (this.frame !== null) cancelAnimationFrame(this.frame);
  }

  private soon(): void {
    this.grown = true;
    this.awaitFrame();
  }

  private awaitFrame(): void {
    this.frame ??= requestAnimationFrame((now) => {
      this.frame = null;
      if (this.grown) this.paintWet();
      this.grown = false;
      if (this.wetStroke === null) return;
      // The pen may rest now: what it drew last is seen nevertheless.
      if (now - this.glanced < GLANCE_PAUSE) return this.awaitFrame();
      this.glanced = now;
      const dry = this.sheet?.kind === "ink" ? this.sheet.strokes : [];
      this.onGlance({ kind: "ink", strokes: [...dry, [...this.wetStroke]] });
    });
  }

  private paintWet(): void {
    wipe(this.wet);
    if (this.wetStroke === null) return;
    if (this.painted?.kind !== "ink") {
      // A picture makes room for whoever draws on it.
      wipe(this.dry);
      this.painted = null;
    }
    paintStrokes(this.wet, [this.wetStroke], { finished: false });
  }

  private paintDry(afresh: boolean): void {
    const { sheet, painted } = this;
    if (sheet === null || (sheet === painted && !afresh)) return;
    const added = afresh ? null : addedStrokes(painted, sheet);
    if (added === null) {
      wipe(this.dry);
      paint(this.dry, sheet);
    } else paintStrokes(this.dry, added, { finished: true });
    this.painted = sheet;
  }
}

/** The strokes that `after` has beyond those of `before`; null when it is not `before` and more. */
function addedStrokes(before: Subject | null, after: Subject): readonly Stroke[] | null {
  if (before?.kind !== "ink" || after.kind !== "ink") return null;
  const grown = before.strokes.every((stroke, i) => stroke === after.strokes[i]);
  return grown ? after.strokes.slice(before.strokes.length) : null;
}
