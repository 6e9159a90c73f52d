import { type Dispatch, type PointerEvent, useEffect, useEffectEvent, useLayoutEffect, useRef } from "react";
import type { DrawingAction } from "@/lib/ink/drawing";
import { paint } from "@/lib/ink/paint";
import type { Point, Stroke } from "@/lib/ink/types";
import { draw } from "@/text/draw";
import styles from "./Pad.module.css";

/** The paper: takes pen, finger and mouse, one at a time. */
export function Pad({
  strokes,
  dispatch,
}: {
  readonly strokes: readonly Stroke[];
  readonly dispatch: Dispatch<DrawingAction>;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const pen = useRef<number | null>(null);

  const repaint = useEffectEvent(() => {
    if (canvas.current !== null) paint(canvas.current, strokes);
  });
  useLayoutEffect(() => repaint(), [strokes]);
  useEffect(() => {
    if (canvas.current === null) return;
    const observer = new ResizeObserver(() => repaint());
    observer.observe(canvas.current);
    return () => observer.disconnect();
  }, []);

  const down = (event: PointerEvent<HTMLCanvasElement>) => {
    // A second finger, or a palm beside the pen, does not draw.
    if (pen.current !== null || !event.isPrimary || event.button !== 0) return;
    pen.current = event.pointerId;
    event.currentTarget.setPointerCapture(event.pointerId);
    dispatch({ type: "begin", point: place(event.currentTarget, event.nativeEvent) });
  };
  const move = (event: PointerEvent<HTMLCanvasElement>) => {
    if (event.pointerId !== pen.current) return;
    const { currentTarget, nativeEvent } = event;
    const between = nativeEvent.getCoalescedEvents?.() ?? [];
    const events = between.length > 0 ? between : [nativeEvent];
    dispatch({ type: "extend", points: events.map((each) => place(currentTarget, each)) });
  };
  const lift = (event: PointerEvent<HTMLCanvasElement>, how: "end" | "cancel") => {
    if (event.pointerId !== pen.current) return;
    pen.current = null;
    dispatch({ type: how });
  };

  return (
    <div className={styles.plate}>
      <div className={styles.paper}>
        <canvas
          ref={canvas}
          className={styles.canvas}
          data-testid="draw-canvas"
          role="img"
          aria-label={draw.paper.label}
          onPointerDown={down}
          onPointerMove={move}
          onPointerUp={(event) => lift(event, "end")}
          onPointerCancel={(event) => lift(event, "cancel")}
          onLostPointerCapture={(event) => lift(event, "end")}
        />
        {strokes.length === 0 && (
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

/** Where on the paper, 0…1 of its side; a pen that slips off it draws along the edge. */
function place(canvas: HTMLCanvasElement, event: { clientX: number; clientY: number }): Point {
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const within = (value: number) => Math.min(1, Math.max(0, value));
  return { x: within((event.clientX - left) / width), y: within((event.clientY - top) / height) };
}
