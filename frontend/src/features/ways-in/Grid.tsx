import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import { pixelsFromCells } from "@/lib/ink/grid";
import { SIDE } from "@/lib/ink/preprocess";
import { ways } from "@/text/ways";
import styles from "./Grid.module.css";

const EMPTY: readonly boolean[] = Array.from({ length: SIDE * SIDE }, () => false);

/** What is painted outlives the panel that it is painted in. */
let kept = EMPTY;

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
export function Grid({ onPaint }: { readonly onPaint: (pixels: Uint8Array<ArrayBuffer>) => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [cells, setCells] = useState(kept);
  const [past, setPast] = useState<readonly (readonly boolean[])[]>([]);
  const [at, setAt] = useState({ column: SIDE / 2, row: SIDE / 2 });
  const [said, setSaid] = useState("");
  const rest = useRef<ReturnType<typeof setTimeout>>(undefined);
  /** What a dragging pointer paints with. */
  const brush = useRef<boolean | null>(null);

  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (context === null || context === undefined) return;
    const image = context.createImageData(SIDE, SIDE);
    cells.forEach((inked, i) => (image.data[4 * i + 3] = inked ? 255 : 0));
    context.putImageData(image, 0, 0);
  }, [cells]);
  useEffect(() => () => clearTimeout(rest.current), []);

  const change = (next: readonly boolean[]) => {
    kept = next;
    setCells(next);
    clearTimeout(rest.current);
    if (next.some(Boolean)) rest.current = setTimeout(() => onPaint(pixelsFromCells(next)), REST);
  };
  const ink = (from: readonly boolean[], { column, row }: typeof at, inked: boolean) =>
    from.map((cell, i) => (i === row * SIDE + column ? inked : cell));
  const remember = () => setPast((before) => [...before, cells]);
  const empty = () => {
    remember();
    change(EMPTY);
    setSaid(ways.grid.emptied);
  };
  const say = ({ column, row }: typeof at, inked: boolean) =>
    setSaid(ways.grid.at(row + 1, column + 1, inked));

  const press = (event: KeyboardEvent) => {
    const undoes = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z";
    // All else with these is the browser's: Alt and an arrow go back, Ctrl and Home to the top.
    if (event.altKey || ((event.ctrlKey || event.metaKey) && !undoes)) return;
    const step = STEPS[event.key];
    const within = (value: number) => Math.min(SIDE - 1, Math.max(0, value));
    const here = cells[at.row * SIDE + at.column] ?? false;
    if (step !== undefined) {
      const next = { column: within(at.column + step[0]), row: within(at.row + step[1]) };
      setAt(next);
      if (event.shiftKey) {
        remember();
        change(ink(ink(cells, at, true), next, true));
      }
      say(next, event.shiftKey || (cells[next.row * SIDE + next.column] ?? false));
    } else if (event.key === " " || event.key === "Enter") {
      remember();
      change(ink(cells, at, !here));
      say(at, !here);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      empty();
    } else if (undoes) {
      const before = past.at(-1);
      if (before === undefined) return;
      setPast(past.slice(0, -1));
      change(before);
    } else return;
    event.preventDefault();
    // The same keys undo and clear on the paper.
    event.stopPropagation();
  };

  const cellAt = ({ currentTarget, clientX, clientY }: PointerEvent) => {
    const { left, top, width, height } = currentTarget.getBoundingClientRect();
    const within = (value: number) => Math.min(SIDE - 1, Math.max(0, Math.floor(value * SIDE)));
    return { column: within((clientX - left) / width), row: within((clientY - top) / height) };
  };
  const paintTo = (event: PointerEvent) => {
    if (brush.current === null) return;
    const cell = cellAt(event);
    setAt(cell);
    if (cells[cell.row * SIDE + cell.column] !== brush.current)
      change(lineTo(cells, at, cell, brush.current));
  };

  return (
    <div className={styles.grid}>
      <div
        className={styles.squares}
        role="application"
        aria-roledescription={ways.grid.role}
        aria-label={ways.grid.label}
        aria-describedby="grid-keys"
        data-testid="grid"
        tabIndex={0}
        onKeyDown={press}
        onPointerDown={(event) => {
          if (!event.isPrimary || event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          const cell = cellAt(event);
          brush.current = !cells[cell.row * SIDE + cell.column];
          remember();
          setAt(cell);
          change(ink(cells, cell, brush.current));
        }}
        onPointerMove={paintTo}
        onPointerUp={() => (brush.current = null)}
        onPointerCancel={() => (brush.current = null)}
      >
        <canvas ref={canvas} width={SIDE} height={SIDE} aria-hidden="true" />
        <svg viewBox={`0 0 ${SIDE} ${SIDE}`} aria-hidden="true">
          <rect x={at.column} y={at.row} width="1" height="1" />
        </svg>
      </div>
      <button type="button" className="button" aria-disabled={!cells.some(Boolean)} onClick={empty}>
        {ways.grid.erase}
      </button>
      <p role="status" className="visually-hidden">
        {said}
      </p>
    </div>
  );
}

/** A quick pointer skips squares: all between are painted. */
function lineTo(
  cells: readonly boolean[],
  from: { column: number; row: number },
  to: { column: number; row: number },
  inked: boolean,
): readonly boolean[] {
  const steps = Math.max(1, Math.abs(to.column - from.column), Math.abs(to.row - from.row));
  const touched = new Set<number>();
  for (let step = 0; step <= steps; step++) {
    const column = Math.round(from.column + ((to.column - from.column) * step) / steps);
    const row = Math.round(from.row + ((to.row - from.row) * step) / steps);
    touched.add(row * SIDE + column);
  }
  return cells.map((cell, i) => (touched.has(i) ? inked : cell));
}
