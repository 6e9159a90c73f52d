import type { ReactNode } from "react";
import styles from "./DataTable.module.css";

/** A table of numbers. The first column contains the row headings. */
export function DataTable({
  caption,
  columns,
  rows,
  foot = [],
}: {
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly ReactNode[])[];
  readonly foot?: readonly (readonly ReactNode[])[];
}) {
  const renderRow = (cells: readonly ReactNode[], i: number) => (
    <tr key={i}>
      {cells.map((cell, j) =>
        j === 0 ? (
          <th key={j} scope="row">
            {cell}
          </th>
        ) : (
          <td key={j}>{cell}</td>
        ),
      )}
    </tr>
  );
  return (
    <table className={styles.table}>
      <caption className="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column} scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{rows.map(renderRow)}</tbody>
      {foot.length > 0 && <tfoot>{foot.map(renderRow)}</tfoot>}
    </table>
  );
}
