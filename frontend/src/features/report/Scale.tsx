import type { ReactNode } from "react";
import styles from "./Scale.module.css";

/** A mark on a scale, 0…1. */
export interface Mark {
  readonly at: number;
  readonly series: "main" | "other";
}

/** A scale with a bar or dots beside a number. Hidden from screen readers, which read the number. */
export function Scale({ bar, marks = [] }: { readonly bar?: number; readonly marks?: readonly Mark[] }) {
  return (
    <span className={styles.scale} aria-hidden="true">
      {bar !== undefined && <span className={styles.bar} style={{ inlineSize: `${bar * 100}%` }} />}
      {marks.map(({ at, series }) => (
        <span
          key={series}
          className={styles.mark}
          data-series={series}
          style={{ insetInlineStart: `${at * 100}%` }}
        />
      ))}
    </span>
  );
}

/** A table with a name, a scale and one or more numbers per row. */
export function ScaleTable({
  caption,
  columns,
  rows,
}: {
  readonly caption: string;
  /** The heading of the row names comes first. */
  readonly columns: readonly string[];
  readonly rows: readonly {
    readonly name: string;
    readonly scale: ReactNode;
    readonly values: readonly string[];
  }[];
}) {
  const [first, ...others] = columns;
  return (
    <table className={styles.scales}>
      <caption className="visually-hidden">{caption}</caption>
      <thead className={others.length > 1 ? undefined : "visually-hidden"}>
        <tr>
          <th scope="col">{first}</th>
          {others.map((column, i) => (
            <th key={column} scope="col" data-series={i === 0 ? "main" : "other"}>
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, scale, values }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            {values.map((value, i) => (
              <td key={i}>
                <div className={i === 0 ? styles.scaled : undefined}>
                  {i === 0 && scale}
                  <span className={styles.value}>{value}</span>
                </div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
