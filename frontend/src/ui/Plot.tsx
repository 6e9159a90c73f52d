import type { ReactNode } from "react";
import { type Axis, axisPosition } from "./axis";
import styles from "./Plot.module.css";

// Units of the SVG's view box.
const WIDTH = 340;
const HEIGHT = 288;
const LEFT = 50;
const RIGHT = 14;
const TOP = 28;
const BOTTOM = 48;

/** Convert a pair of values to SVG coordinates. */
export type Projection = (x: number, y: number) => readonly [number, number];

/** A chart with two axes. `children` draws its content. */
export function Plot({
  label,
  x,
  y,
  children,
}: {
  /** Text for screen readers. It does not contain the numbers; show these in a table. */
  readonly label: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly children: (project: Projection) => ReactNode;
}) {
  const right = WIDTH - RIGHT;
  const bottom = HEIGHT - BOTTOM;
  const toX = (value: number) => round(LEFT + axisPosition(x, value) * (right - LEFT));
  const toY = (value: number) => round(bottom - axisPosition(y, value) * (bottom - TOP));
  return (
    <svg className={styles.plot} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <rect className={styles.area} x={LEFT} y={TOP} width={right - LEFT} height={bottom - TOP} />
      {y.ticks.map((tick) => (
        <g key={tick}>
          <line className={styles.grid} x1={LEFT} x2={right} y1={toY(tick)} y2={toY(tick)} />
          <line className={styles.tick} x1={LEFT - 5} x2={LEFT} y1={toY(tick)} y2={toY(tick)} />
          <text className={styles.number} x={LEFT - 8} y={toY(tick) + 4.5} textAnchor="end">
            {y.format(tick)}
          </text>
        </g>
      ))}
      {x.ticks.map((tick) => (
        <g key={tick}>
          <line className={styles.tick} x1={toX(tick)} x2={toX(tick)} y1={bottom} y2={bottom + 5} />
          <text className={styles.number} x={toX(tick)} y={bottom + 19} textAnchor="middle">
            {x.format(tick)}
          </text>
        </g>
      ))}
      <text className={styles.title} x={right} y={HEIGHT - 6} textAnchor="end">
        {x.title} →
      </text>
      <text className={styles.title} x={LEFT} y={TOP - 11}>
        {y.title}
      </text>
      {children((valueX, valueY) => [toX(valueX), toY(valueY)])}
      <rect className={styles.frame} x={LEFT} y={TOP} width={right - LEFT} height={bottom - TOP} />
    </svg>
  );
}

export type Series = "main" | "other";

/** A line through points. The second series is dashed, so that it can be recognized without colour. */
export function Line({
  project,
  points,
  series,
}: {
  readonly project: Projection;
  readonly points: readonly (readonly [number, number])[];
  readonly series: Series;
}) {
  const path = points.map(([x, y]) => project(x, y).join(",")).join(" ");
  return <polyline className={styles.line} data-series={series} points={path} />;
}

/** The names of the series, each with a sample. */
export function Legend({
  x,
  y,
  sample,
  names,
}: {
  /** The upper left corner, in units of the view box. */
  readonly x: number;
  readonly y: number;
  readonly sample: "line" | "dot";
  readonly names: readonly { readonly series: Series; readonly name: string }[];
}) {
  return names.map(({ series, name }, i) => {
    const middle = y + 9 + 19 * i;
    return (
      <g key={series}>
        {sample === "dot" ? (
          <circle className={styles.dot} data-series={series} cx={x + 17} cy={middle} r={4} />
        ) : (
          <line className={styles.line} data-series={series} x1={x} x2={x + 22} y1={middle} y2={middle} />
        )}
        <text className={styles.name} data-series={series} x={x + 28} y={middle + 5}>
          {name}
        </text>
      </g>
    );
  });
}

/** A straight line between two points: a guide line or the whisker of an interval. */
export function Segment({
  project,
  from,
  to,
  kind,
}: {
  readonly project: Projection;
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  readonly kind: "guide" | "whisker";
}) {
  const [x1, y1] = project(...from);
  const [x2, y2] = project(...to);
  return <line className={kind === "guide" ? styles.tick : styles.whisker} x1={x1} y1={y1} x2={x2} y2={y2} />;
}

/** A point: filled for the main series, hollow for the other. */
export function Dot({
  project,
  point: [x, y],
  radius,
  series,
}: {
  readonly project: Projection;
  readonly point: readonly [number, number];
  readonly radius: number;
  readonly series: Series;
}) {
  const [left, top] = project(x, y);
  return <circle className={styles.dot} data-series={series} cx={left} cy={top} r={radius} />;
}

const round = (value: number) => Math.round(value * 100) / 100;
