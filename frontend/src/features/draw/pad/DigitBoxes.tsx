import type { CSSProperties } from "react";
import { CANVAS_SIZE } from "@/lib/ink/strokes";
import { draw } from "@/text/draw";
import styles from "./DigitBoxes.module.css";
import type { Glyph } from "@/lib/inference/types";

/** Half of the pen's width, relative to the height of the canvas, so that a box encloses the ink. */
const MARGIN = 0.035;

/** A box around each digit of a number, with its prediction. Hidden from screen readers, which read the prediction as text. */
export function DigitBoxes({
  glyphs,
  shown,
}: {
  readonly glyphs: readonly Glyph[];
  readonly shown: Glyph | null;
}) {
  return (
    <div className={styles.boxes} aria-hidden="true">
      {glyphs.map((glyph, i) => (
        <span
          key={glyph.strokes[0] ?? i}
          className={glyph === shown ? styles.shown : styles.box}
          data-testid="digit-box"
          data-near-top={glyph.box.top < 0.12}
          style={positionOf(glyph.box)}
        >
          <span>{draw.prediction.symbol(glyph)}</span>
        </span>
      ))}
    </div>
  );
}

function positionOf({ left, top, width, height }: Glyph["box"]): CSSProperties {
  const share = (value: number) => `${100 * Math.min(1, Math.max(0, value))}%`;
  const marginX = MARGIN / CANVAS_SIZE.width;
  return {
    insetInlineStart: share(left - marginX),
    insetBlockStart: share(top - MARGIN),
    insetInlineEnd: share(1 - left - width - marginX),
    insetBlockEnd: share(1 - top - height - MARGIN),
  };
}
