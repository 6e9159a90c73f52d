import { type Dispatch, type PointerEvent, useLayoutEffect, useRef } from "react";
import type { Drawing, DrawingAction } from "@/lib/ink/drawing";
import { CANVAS_SIZE, type Point } from "@/lib/ink/strokes";
import { draw } from "@/text/draw";
import { DigitBoxes } from "./DigitBoxes";
import styles from "./Pad.module.css";
import { Surface } from "./surface";
import { isBlank, type DrawingInput } from "@/lib/ink/drawingInput";
import type { Glyph } from "@/lib/inference/types";

/** The canvas for drawing with pen, finger or mouse. One pointer draws at a time. */
export function Pad({
  drawing: { present: input, penDown },
  glyphs,
  shown,
  dispatch,
  onLiveInput,
}: {
  readonly drawing: Drawing;
  /** The recognized digits. */
  readonly glyphs: readonly Glyph[];
  /** The digit whose details are shown. */
  readonly shown: Glyph | null;
  readonly dispatch: Dispatch<DrawingAction>;
  /** Called with all the ink, including the active stroke, while the pen is down. */
  readonly onLiveInput: (input: DrawingInput) => void;
}) {
  const committedCanvas = useRef<HTMLCanvasElement>(null);
  const activeCanvas = useRef<HTMLCanvasElement>(null);
  const surface = useRef<Surface | null>(null);
  const pen = useRef<{ readonly pointer: number; readonly type: string } | null>(null);

  useLayoutEffect(() => {
    if (committedCanvas.current === null || activeCanvas.current === null) return;
    const created = new Surface(committedCanvas.current, activeCanvas.current, onLiveInput);
    surface.current = created;
    return () => created.close();
  }, [onLiveInput]);
  useLayoutEffect(() => surface.current?.show(input), [input, onLiveInput]);
  useLayoutEffect(() => {
    // The stroke ended, was cancelled, or was cleared.
    if (penDown) return;
    pen.current = null;
    surface.current?.clearActive();
  }, [penDown]);

  const onPointerDown = (event: PointerEvent<HTMLCanvasElement>) => {
    const { pointerId, pointerType } = event;
    if (pen.current !== null) {
      // Ignore a palm beside the pen. A second finger starts a zoom. A pen replaces a palm that touched first.
      if (pen.current.type !== "touch" || pointerType === "mouse") return;
      dispatch({ type: "cancel" });
      if (pointerType === "touch") {
        pen.current = null;
        return;
      }
    }
    if (!event.isPrimary || event.button !== 0) return;
    event.currentTarget.setPointerCapture(pointerId);
    pen.current = { pointer: pointerId, type: pointerType };
    surface.current?.begin(toCanvas(event.currentTarget.getBoundingClientRect(), event.nativeEvent));
    dispatch({ type: "begin" });
  };
  const onPointerMove = (event: PointerEvent<HTMLCanvasElement>) => {
    if (event.pointerId !== pen.current?.pointer) return;
    // Measure for each event, because the page may scroll or change its layout during a stroke.
    const bounds = event.currentTarget.getBoundingClientRect();
    const coalesced = event.nativeEvent.getCoalescedEvents?.() ?? [];
    const events = coalesced.length > 0 ? coalesced : [event.nativeEvent];
    surface.current?.extend(events.map((each) => toCanvas(bounds, each)));
  };
  const onPointerUp = (event: PointerEvent<HTMLCanvasElement>) => {
    if (event.pointerId !== pen.current?.pointer) return;
    pen.current = null;
    const stroke = surface.current?.takeStroke() ?? null;
    if (stroke !== null) dispatch({ type: "draw", stroke });
  };
  const onPointerCancel = (event: PointerEvent<HTMLCanvasElement>) => {
    if (event.pointerId !== pen.current?.pointer) return;
    pen.current = null;
    dispatch({ type: "cancel" });
  };

  return (
    <div className={styles.frame}>
      <div className={styles.canvases}>
        <canvas
          ref={committedCanvas}
          className={styles.canvas}
          data-testid="draw-canvas"
          role="img"
          aria-label={draw.canvas.label}
          onPointerDown={onPointerDown}
          onPointerMove={onPointerMove}
          onPointerUp={onPointerUp}
          onPointerCancel={onPointerCancel}
          onLostPointerCapture={onPointerUp}
        />
        <canvas ref={activeCanvas} className={styles.active} aria-hidden="true" />
        {glyphs.length > 1 && <DigitBoxes glyphs={glyphs} shown={shown} />}
        {isBlank(input) && !penDown && (
          <p className={styles.hint}>
            <span>
              {draw.canvas.hint[0]}
              <br />
              {draw.canvas.hint[1]}
            </span>
          </p>
        )}
      </div>
    </div>
  );
}

/** Position of a pointer event in canvas units, clamped to the canvas. */
function toCanvas(
  { left, top, width, height }: DOMRect,
  event: { clientX: number; clientY: number; pointerType: string; pressure: number },
): Point {
  const clamp = (value: number) => Math.min(1, Math.max(0, value));
  const x = clamp((event.clientX - left) / width) * CANVAS_SIZE.width;
  const y = clamp((event.clientY - top) / height) * CANVAS_SIZE.height;
  // Mice and most touch screens report a constant pressure.
  return event.pointerType === "pen" ? { x, y, pressure: event.pressure } : { x, y };
}
