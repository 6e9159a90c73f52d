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
const text = reportText.mistakes;

/** The confusion matrix: one tab stop with arrow keys to move between cells. Clicking a cell shows its images. */
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
  const [focused, setFocused] = useState<Cell>({ label: 0, predicted: 0 });
  const maxMistakes = Math.max(
    1,
    ...confusion.flatMap((row, label) => row.filter((_, predicted) => predicted !== label)),
  );

  const onKeyDown = (event: KeyboardEvent) => {
    // Do not override browser shortcuts such as Alt+Left.
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const next = event.key === "Escape" ? null : cellAfterKey(focused, event.key);
    if (next === undefined) return;
    event.preventDefault();
    if (next === null) {
      onChoose(null);
      return;
    }
    setFocused(next);
    grid.current?.querySelector<HTMLElement>(`[data-cell="${next.label}${next.predicted}"]`)?.focus();
  };

  return (
    <div className={styles.frame}>
      <span className={styles.columnTitle} aria-hidden="true">
        {text.predicted} →
      </span>
      <span className={styles.rowTitle} aria-hidden="true">
        {text.written} →
      </span>
      <table ref={grid} role="grid" className={styles.matrix} onKeyDown={onKeyDown} data-testid="confusion">
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
                <td key={predicted} className={label === predicted ? styles.correct : undefined}>
                  <button
                    type="button"
                    data-cell={`${label}${predicted}`}
                    data-shade={label === predicted ? undefined : shade(images, maxMistakes)}
                    tabIndex={label === focused.label && predicted === focused.predicted ? 0 : -1}
                    aria-label={text.cell(label, predicted, images)}
                    aria-pressed={chosen?.label === label && chosen.predicted === predicted}
                    onFocus={() => setFocused({ label, predicted })}
                    onClick={(event) => {
                      const selected = event.currentTarget.getAttribute("aria-pressed") === "true";
                      onChoose(selected ? null : { label, predicted });
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

/** How dark a cell is: 0 to 5. */
function shade(images: number, max: number): number {
  return images === 0 ? 0 : Math.max(1, Math.ceil((5 * images) / Math.max(max, 5)));
}

/** The cell that a key moves to; undefined for other keys. */
function cellAfterKey({ label, predicted }: Cell, key: string): Cell | undefined {
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
