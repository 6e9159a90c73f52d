import styles from "./ProgressBar.module.css";

/** A progress bar with a text below it. */
export function ProgressBar({
  label,
  value,
  max,
  children,
}: {
  readonly label: string;
  readonly value: number;
  readonly max: number;
  /** The progress as text. */
  readonly children: string;
}) {
  return (
    <span className={styles.progress}>
      <progress aria-label={label} value={value} max={max} />
      {children}
    </span>
  );
}
