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

/** What is painted outlives the panel that it is painted in. */
let keptHistory: History<Cells> = { present: EMPTY, past: [], future: [] };

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

/** How long the hand rests before what it painted is read, in milliseconds. */
const REST = 400;

/**
 * 28×28 squares, painted by keyboard, mouse or finger.
 *
 * @param onPaint - Gets the network's image of what was painted, once the hand rests.
 */
export function PixelEditor({ onPaint }: { readonly onPaint: (pixels: Uint8Array<ArrayBuffer>) => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [history, setHistory] = useState(keptHistory);
  const [at, setAt] = useState<Cell>({ column: SIDE / 2, row: SIDE / 2 });
  const [said, setSaid] = useState("");
  const cells = history.present;
  /** What the network's image was last made of. */
  const read = useRef(cells);
  /** The pointer that paints, with ink or paper, and what there was before. */
  const brush = useRef<{
    readonly pointer: number;
    readonly inks: boolean;
    readonly before: History<Cells>;
  } | null>(null);

  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (context === null || context === undefined) return;
    const image = context.createImageData(SIDE, SIDE);
    cells.forEach((inked, i) => (image.data[4 * i + 3] = inked ? 255 : 0));
    context.putImageData(image, 0, 0);
  }, [cells]);
  const rested = useEffectEvent(() => {
    read.current = cells;
    if (cells.some(Boolean)) onPaint(pixelsFromCells(cells));
  });
  useEffect(() => {
    // A brush that was taken away leaves what was read already.
    if (cells === read.current) return;
    const rest = setTimeout(() => rested(), REST);
    return () => clearTimeout(rest);
  }, [cells]);

  const change = (next: History<Cells>) => {
    keptHistory = next;
    setHistory(next);
  };
  const empty = () => {
    change(withNext(history, EMPTY));
    setSaid(inputText.grid.emptied);
  };
  const say = ({ column, row }: Cell, inked: boolean) =>
    setSaid(inputText.grid.at(row + 1, column + 1, inked));

  const press = (event: KeyboardEvent) => {
    const command = shortcut(event.nativeEvent);
    // All else with these is the browser's: Alt and an arrow go back, Ctrl and Home to the top.
    if (command === null && (event.altKey || event.ctrlKey || event.metaKey)) return;
    const step = STEPS[event.key];
    const within = (value: number) => Math.min(SIDE - 1, Math.max(0, value));
    const here = cells[at.row * SIDE + at.column] ?? false;
    if (step !== undefined) {
      const next = { column: within(at.column + step[0]), row: within(at.row + step[1]) };
      setAt(next);
      if (event.shiftKey) change(withNext(history, lineTo(cells, at, next, true)));
      say(next, event.shiftKey || (cells[next.row * SIDE + next.column] ?? false));
    } else if (event.key === " " || event.key === "Enter") {
      change(withNext(history, lineTo(cells, at, at, !here)));
      say(at, !here);
    } else if (command === "clear") {
      empty();
    } else if (command !== null) {
      const next = command === "undo" ? undo(history) : redo(history);
      change(next);
      if (next !== history) setSaid(inputText.grid[command](next.present.filter(Boolean).length));
    } else return;
    event.preventDefault();
    // The same keys undo, redo and clear on the paper.
    event.stopPropagation();
  };

  const cellAt = ({ currentTarget, clientX, clientY }: PointerEvent): Cell => {
    const { left, top, width, height } = currentTarget.getBoundingClientRect();
    const within = (value: number) => Math.min(SIDE - 1, Math.max(0, Math.floor(value * SIDE)));
    return { column: within((clientX - left) / width), row: within((clientY - top) / height) };
  };
  const takeAway = () => {
    if (brush.current !== null) change(brush.current.before);
    brush.current = null;
  };
  const down = (event: PointerEvent) => {
    // A second finger wants to zoom.
    if (brush.current !== null) return takeAway();
    if (!event.isPrimary || event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const cell = cellAt(event);
    const inks = !cells[cell.row * SIDE + cell.column];
    brush.current = { pointer: event.pointerId, inks, before: history };
    setAt(cell);
    change(withNext(history, lineTo(cells, cell, cell, inks)));
  };
  const move = (event: PointerEvent) => {
    if (event.pointerId !== brush.current?.pointer) return;
    const { inks } = brush.current;
    const cell = cellAt(event);
    setAt(cell);
    if (cells[cell.row * SIDE + cell.column] !== inks)
      change({ ...history, present: lineTo(cells, at, cell, inks) });
  };
  const lift = (event: PointerEvent) => {
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
        onKeyDown={press}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={lift}
        onPointerCancel={takeAway}
      >
        <canvas ref={canvas} width={SIDE} height={SIDE} aria-hidden="true" />
        <svg viewBox={`0 0 ${SIDE} ${SIDE}`} aria-hidden="true">
          <rect x={at.column} y={at.row} width="1" height="1" />
        </svg>
      </div>
      <button type="button" className="button" aria-disabled={!cells.some(Boolean)} onClick={empty}>
        {inputText.grid.erase}
      </button>
      <p role="status" className="visually-hidden">
        {said}
      </p>
    </div>
  );
}

/** A quick pointer skips squares: all between are painted. */
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
