import type { ReactNode } from "react";
import { reportText } from "@/text/report";
import styles from "./Figure.module.css";

/** A numbered figure of the report. */
export function Figure({
  number,
  caption,
  table,
  children,
  wide = false,
}: {
  readonly number: number;
  readonly caption: ReactNode;
  /** The data of the figure as a table. */
  readonly table?: ReactNode;
  readonly children: ReactNode;
  readonly wide?: boolean;
}) {
  return (
    <figure className={wide ? styles.wide : styles.figure}>
      {children}
      <figcaption>
        <b>{reportText.figure(number)}</b> {caption}
      </figcaption>
      {table !== undefined && (
        <details className={styles.details}>
          <summary>{reportText.asTable}</summary>
          <div
            className={styles.scroll}
            tabIndex={0}
            role="region"
            aria-label={`${reportText.figure(number)}, ${reportText.asTable}`}
          >
            {table}
          </div>
        </details>
      )}
    </figure>
  );
}
