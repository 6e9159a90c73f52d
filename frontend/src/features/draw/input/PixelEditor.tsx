import { type KeyboardEvent, type PointerEvent, useEffect, useEffectEvent, useRef, useState } from "react";
import { shortcut } from "../shortcut";
import { pixelsFromCells } from "@/lib/image/pixelsFromCells";
import { type History, redo, withNext, undo } from "@/lib/ink/history";
import { SIDE } from "@/lib/ink/preprocess";
import { inputText } from "@/text/input";
import styles from "./PixelEditor.module.css";

type Cells = readonly boolean[];
type Cell = { readonly column: number; readonly row: number };

const EMPTY: Cells = Array.from({ length: SIDE * SIDE }, () => false);

/** Keeps the painted cells while the panel is closed. */
let savedHistory: History<Cells> = { present: EMPTY, past: [], future: [] };

const STEPS: Readonly<Record<string, readonly [right: number, down: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  Home: [-SIDE, 0],
  End: [SIDE, 0],
  PageUp: [0, -SIDE],
  PageDown: [0, SIDE],
};

/** Delay between the last change and the prediction, in milliseconds. */
const PAINT_DELAY = 400;

/**
 * A grid of 28×28 squares to paint with the keyboard, a mouse or a finger.
 *
 * @param onPaint - Called with the model's input image shortly after the last change.
 */
export function PixelEditor({ onPaint }: { readonly onPaint: (pixels: Uint8Array<ArrayBuffer>) => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [history, setHistory] = useState(savedHistory);
  const [cursor, setCursor] = useState<Cell>({ column: SIDE / 2, row: SIDE / 2 });
  const [status, setStatus] = useState("");
  const cells = history.present;
  /** The cells that `onPaint` received last. */
  const painted = useRef(cells);
  /** The pointer that paints, whether it adds or erases ink, and the history before its stroke. */
  const brush = useRef<{
    readonly pointer: number;
    readonly paintsInk: boolean;
    readonly before: History<Cells>;
  } | null>(null);

  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (context === null || context === undefined) return;
    const image = context.createImageData(SIDE, SIDE);
    cells.forEach((inked, i) => (image.data[4 * i + 3] = inked ? 255 : 0));
    context.putImageData(image, 0, 0);
  }, [cells]);
  const reportPixels = useEffectEvent(() => {
    painted.current = cells;
    if (cells.some(Boolean)) onPaint(pixelsFromCells(cells));
  });
  useEffect(() => {
    // A cancelled stroke restores cells that were already reported.
    if (cells === painted.current) return;
    const timer = setTimeout(() => reportPixels(), PAINT_DELAY);
    return () => clearTimeout(timer);
  }, [cells]);

  const change = (next: History<Cells>) => {
    savedHistory = next;
    setHistory(next);
  };
  const clear = () => {
    change(withNext(history, EMPTY));
    setStatus(inputText.grid.emptied);
  };
  const announce = ({ column, row }: Cell, inked: boolean) =>
    setStatus(inputText.grid.at(row + 1, column + 1, inked));

  const onKeyDown = (event: KeyboardEvent) => {
    const command = shortcut(event.nativeEvent);
    // Do not override browser shortcuts such as Alt+Left and Ctrl+Home.
    if (command === null && (event.altKey || event.ctrlKey || event.metaKey)) return;
    const step = STEPS[event.key];
    const clamp = (value: number) => Math.min(SIDE - 1, Math.max(0, value));
    const inked = cells[cursor.row * SIDE + cursor.column] ?? false;
    if (step !== undefined) {
      const next = { column: clamp(cursor.column + step[0]), row: clamp(cursor.row + step[1]) };
      setCursor(next);
      if (event.shiftKey) change(withNext(history, lineTo(cells, cursor, next, true)));
      announce(next, event.shiftKey || (cells[next.row * SIDE + next.column] ?? false));
    } else if (event.key === " " || event.key === "Enter") {
      change(withNext(history, lineTo(cells, cursor, cursor, !inked)));
      announce(cursor, !inked);
    } else if (command === "clear") {
      clear();
    } else if (command !== null) {
      const next = command === "undo" ? undo(history) : redo(history);
      change(next);
      if (next !== history) setStatus(inputText.grid[command](next.present.filter(Boolean).length));
    } else return;
    event.preventDefault();
    // The same shortcuts also change the drawing.
    event.stopPropagation();
  };

  const cellAt = ({ currentTarget, clientX, clientY }: PointerEvent): Cell => {
    const { left, top, width, height } = currentTarget.getBoundingClientRect();
    const index = (share: number) => Math.min(SIDE - 1, Math.max(0, Math.floor(share * SIDE)));
    return { column: index((clientX - left) / width), row: index((clientY - top) / height) };
  };
  const cancelStroke = () => {
    if (brush.current !== null) change(brush.current.before);
    brush.current = null;
  };
  const onPointerDown = (event: PointerEvent) => {
    // A second finger starts a zoom.
    if (brush.current !== null) return cancelStroke();
    if (!event.isPrimary || event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const cell = cellAt(event);
    const paintsInk = !cells[cell.row * SIDE + cell.column];
    brush.current = { pointer: event.pointerId, paintsInk, before: history };
    setCursor(cell);
    change(withNext(history, lineTo(cells, cell, cell, paintsInk)));
  };
  const onPointerMove = (event: PointerEvent) => {
    if (event.pointerId !== brush.current?.pointer) return;
    const { paintsInk } = brush.current;
    const cell = cellAt(event);
    setCursor(cell);
    if (cells[cell.row * SIDE + cell.column] !== paintsInk)
      change({ ...history, present: lineTo(cells, cursor, cell, paintsInk) });
  };
  const onPointerUp = (event: PointerEvent) => {
    if (event.pointerId === brush.current?.pointer) brush.current = null;
  };

  return (
    <div className={styles.grid}>
      <div
        className={styles.squares}
        role="application"
        aria-roledescription={inputText.grid.role}
        aria-label={inputText.grid.label}
        aria-describedby="grid-keys"
        data-testid="grid"
        tabIndex={0}
        onKeyDown={onKeyDown}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={cancelStroke}
      >
        <canvas ref={canvas} width={SIDE} height={SIDE} aria-hidden="true" />
        <svg viewBox={`0 0 ${SIDE} ${SIDE}`} aria-hidden="true">
          <rect x={cursor.column} y={cursor.row} width="1" height="1" />
        </svg>
      </div>
      <button type="button" className="button" aria-disabled={!cells.some(Boolean)} onClick={clear}>
        {inputText.grid.erase}
      </button>
      <p role="status" className="visually-hidden">
        {status}
      </p>
    </div>
  );
}

/** Fill or clear the cells on the line between two cells, because a fast pointer skips cells. */
function lineTo(cells: Cells, from: Cell, to: Cell, inked: boolean): Cells {
  const steps = Math.max(1, Math.abs(to.column - from.column), Math.abs(to.row - from.row));
  const touched = new Set<number>();
  for (let step = 0; step <= steps; step++) {
    const column = Math.round(from.column + ((to.column - from.column) * step) / steps);
    const row = Math.round(from.row + ((to.row - from.row) * step) / steps);
    touched.add(row * SIDE + column);
  }
  return cells.map((cell, i) => (touched.has(i) ? inked : cell));
}
