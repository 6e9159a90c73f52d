import { type KeyboardEvent, useRef, useState } from "react";
import type { Classification, SetName } from "@/lib/inference/release/report";
import { reportText } from "@/text/report";
import styles from "./ConfusionMatrix.module.css";

/** A cell of the matrix. */
export interface Cell {
  readonly label: number;
  readonly predicted: number;
}

const DIGITS = Array.from({ length: 10 }, (_, digit) => digit);
const text = reportText.errors;

/** Which digit was read as which: one tab stop, arrows between the cells, and a press shows a cell's images. */
export function ConfusionMatrix({
  set,
  confusion,
  chosen,
  onChoose,
}: {
  readonly set: SetName;
  readonly confusion: Classification["confusion"];
  readonly chosen: Cell | null;
  readonly onChoose: (cell: Cell | null) => void;
}) {
  const grid = useRef<HTMLTableElement>(null);
  const [stop, setStop] = useState<Cell>({ label: 0, predicted: 0 });
  const most = Math.max(
    1,
    ...confusion.flatMap((row, label) => row.filter((_, predicted) => predicted !== label)),
  );

  const press = (event: KeyboardEvent) => {
    // These belong to the browser: Alt and an arrow go back.
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const next = event.key === "Escape" ? null : moved(stop, event.key);
    if (next === undefined) return;
    event.preventDefault();
    if (next === null) {
      onChoose(null);
      return;
    }
    setStop(next);
    grid.current?.querySelector<HTMLElement>(`[data-cell="${next.label}${next.predicted}"]`)?.focus();
  };

  return (
    <div className={styles.frame}>
      <span className={styles.across} aria-hidden="true">
        {text.readAs} →
      </span>
      <span className={styles.down} aria-hidden="true">
        {text.written} →
      </span>
      <table ref={grid} role="grid" className={styles.matrix} onKeyDown={press} data-testid="confusion">
        <caption className="visually-hidden">{text.table(set)}</caption>
        <thead>
          <tr>
            <td />
            {DIGITS.map((digit) => (
              <th key={digit} scope="col">
                {digit}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {confusion.map((row, label) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              {row.map((images, predicted) => (
                <td key={predicted} className={label === predicted ? styles.right : undefined}>
                  <button
                    type="button"
                    data-cell={`${label}${predicted}`}
                    data-shade={label === predicted ? undefined : shade(images, most)}
                    tabIndex={label === stop.label && predicted === stop.predicted ? 0 : -1}
                    aria-label={text.cell(label, predicted, images)}
                    aria-pressed={chosen?.label === label && chosen.predicted === predicted}
                    onFocus={() => setStop({ label, predicted })}
                    onClick={(event) => {
                      const again = event.currentTarget.getAttribute("aria-pressed") === "true";
                      onChoose(again ? null : { label, predicted });
                    }}
                  >
                    {images > 0 && <span>{images}</span>}
                  </button>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** How dark a cell is, 0…5. */
function shade(images: number, most: number): number {
  return images === 0 ? 0 : Math.max(1, Math.ceil((5 * images) / Math.max(most, 5)));
}

/** The cell that a key leads to; undefined for other keys. */
function moved({ label, predicted }: Cell, key: string): Cell | undefined {
  switch (key) {
    case "ArrowUp":
      return { label: Math.max(0, label - 1), predicted };
    case "ArrowDown":
      return { label: Math.min(9, label + 1), predicted };
    case "ArrowLeft":
      return { label, predicted: Math.max(0, predicted - 1) };
    case "ArrowRight":
      return { label, predicted: Math.min(9, predicted + 1) };
    case "Home":
      return { label, predicted: 0 };
    case "End":
      return { label, predicted: 9 };
    default:
      return undefined;
  }
}
