import { type Dispatch, type PointerEvent, useLayoutEffect, useRef } from "react";
import type { Drawing, DrawingAction } from "@/lib/ink/drawing";
import { PAPER, type Point } from "@/lib/ink/strokes";
import { draw } from "@/text/draw";
import { DigitBoxes } from "./DigitBoxes";
import styles from "./Pad.module.css";
import { Surface } from "./surface";
import { isBlank, type DrawingInput } from "@/lib/ink/drawingInput";
import type { Glyph } from "@/lib/inference/types";

/** The paper: takes pen, finger and mouse, one at a time. */
export function Pad({
  drawing: { present: sheet, penDown },
  glyphs,
  shown,
  dispatch,
  onLiveInput,
}: {
  readonly drawing: Drawing;
  /** What was read on it. */
  readonly glyphs: readonly Glyph[];
  /** Which of them is shown closely. */
  readonly shown: Glyph | null;
  readonly dispatch: Dispatch<DrawingAction>;
  /** Hears of the ink while the pen is down and moves. */
  readonly onLiveInput: (input: DrawingInput) => void;
}) {
  const committedCanvas = useRef<HTMLCanvasElement>(null);
  const activeCanvas = useRef<HTMLCanvasElement>(null);
  const surface = useRef<Surface | null>(null);
  const pen = useRef<{ readonly pointer: number; readonly type: string } | null>(null);

  useLayoutEffect(() => {
    if (committedCanvas.current === null || activeCanvas.current === null) return;
    const made = new Surface(committedCanvas.current, activeCanvas.current, onLiveInput);
    surface.current = made;
    return () => made.close();
  }, [onLiveInput]);
  useLayoutEffect(() => surface.current?.show(sheet), [sheet, onLiveInput]);
  useLayoutEffect(() => {
    // Lifted, taken away, or cleared under the pen.
    if (penDown) return;
    pen.current = null;
    surface.current?.clearActive();
  }, [penDown]);

  const down = (event: PointerEvent<HTMLCanvasElement>) => {
    const { pointerId, pointerType } = event;
    if (pen.current !== null) {
      // A palm beside the pen does not draw. A second finger wants to zoom; a pen knows better than the palm before it.
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
    surface.current?.begin(place(event.currentTarget.getBoundingClientRect(), event.nativeEvent));
    dispatch({ type: "begin" });
  };
  const move = (event: PointerEvent<HTMLCanvasElement>) => {
    if (event.pointerId !== pen.current?.pointer) return;
    // Asked each time: the page may be scrolled, or grow above the paper, in the middle of a stroke.
    const paper = event.currentTarget.getBoundingClientRect();
    const between = event.nativeEvent.getCoalescedEvents?.() ?? [];
    const events = between.length > 0 ? between : [event.nativeEvent];
    surface.current?.extend(events.map((each) => place(paper, each)));
  };
  const lift = (event: PointerEvent<HTMLCanvasElement>) => {
    if (event.pointerId !== pen.current?.pointer) return;
    pen.current = null;
    const stroke = surface.current?.lift() ?? null;
    if (stroke !== null) dispatch({ type: "draw", stroke });
  };
  const cancel = (event: PointerEvent<HTMLCanvasElement>) => {
    if (event.pointerId !== pen.current?.pointer) return;
    pen.current = null;
    dispatch({ type: "cancel" });
  };

  return (
    <div className={styles.plate}>
      <div className={styles.paper}>
        <canvas
          ref={committedCanvas}
          className={styles.canvas}
          data-testid="draw-canvas"
          role="img"
          aria-label={draw.paper.label}
          onPointerDown={down}
          onPointerMove={move}
          onPointerUp={lift}
          onPointerCancel={cancel}
          onLostPointerCapture={lift}
        />
        <canvas ref={activeCanvas} className={styles.active} aria-hidden="true" />
        {glyphs.length > 1 && <DigitBoxes glyphs={glyphs} shown={shown} />}
        {isBlank(sheet) && !penDown && (
          <p className={styles.hint}>
            <span>
              {draw.paper.hint[0]}
              <br />
              {draw.paper.hint[1]}
            </span>
          </p>
        )}
      </div>
    </div>
  );
}

/** Where on the paper; a pen that slips off it draws along the edge. */
function place(
  { left, top, width, height }: DOMRect,
  event: { clientX: number; clientY: number; pointerType: string; pressure: number },
): Point {
  const within = (value: number) => Math.min(1, Math.max(0, value));
  const x = within((event.clientX - left) / width) * PAPER.width;
  const y = within((event.clientY - top) / height) * PAPER.height;
  // Mice and most fingers report a constant.
  return event.pointerType === "pen" ? { x, y, pressure: event.pressure } : { x, y };
}
