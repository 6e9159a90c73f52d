import { pixelsFromStrokes, SIDE } from "@/lib/ink/preprocess";
import type { Point, Stroke } from "@/lib/ink/strokes";
import { about } from "@/text/about";
import styles from "./PreprocessingFigures.module.css";

const { ink, pixels } = about.figures;

/** A five in two strokes, in a square of side 1: stem with bowl, then bar. */
const FIVE: readonly Stroke[] = [
  [
    { x: 0.37, y: 0.2 },
    { x: 0.35, y: 0.34 },
    ...Array.from({ length: 27 }, (_, i): Point => {
      const angle = (-125 + i * 10) * (Math.PI / 180);
      return { x: 0.475 + 0.19 * Math.cos(angle), y: 0.635 + 0.185 * Math.sin(angle) };
    }),
  ],
  [
    { x: 0.37, y: 0.205 },
    { x: 0.5, y: 0.19 },
    { x: 0.66, y: 0.185 },
  ],
];

/** The same drawing as ink and as the model's input, computed with the code of the draw page. */
export function PreprocessingFigures() {
  return (
    <div className={styles.figures}>
      <figure>
        <svg className={styles.drawing} viewBox="0 0 1 1" role="img" aria-label={ink.label}>
          {FIVE.map((stroke, i) => (
            <polyline
              key={i}
              points={stroke.map(({ x, y }) => `${x.toFixed(3)},${y.toFixed(3)}`).join(" ")}
            />
          ))}
        </svg>
        <figcaption>
          <b>{ink.figure}</b> {ink.caption}
        </figcaption>
      </figure>
      <figure>
        <svg
          className={styles.drawing}
          viewBox={`0 0 ${SIDE} ${SIDE}`}
          role="img"
          aria-label={pixels.label}
          shapeRendering="crispEdges"
        >
          {Array.from(pixelsFromStrokes(FIVE), (value, i) =>
            value === 0 ? null : (
              <rect
                key={i}
                x={i % SIDE}
                y={Math.floor(i / SIDE)}
                width="1"
                height="1"
                fillOpacity={(value / 255).toFixed(2)}
              />
            ),
          )}
        </svg>
        <figcaption>
          <b>{pixels.figure}</b> {pixels.caption}
        </figcaption>
      </figure>
    </div>
  );
}
