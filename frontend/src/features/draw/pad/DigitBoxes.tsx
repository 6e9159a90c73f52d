import type { CSSProperties } from "react";
import { PAPER } from "@/lib/ink/strokes";
import styles from "./DigitBoxes.module.css";
import type { Glyph } from "@/lib/inference/types";

/** Half of the pen, in shares of the paper's height: a box is around the ink, not through it. */
const MARGIN = 0.035;

/** Where the digits of a number are on the paper, and what each was read as. The reading beside it says the same in words. */
export function DigitBoxes({
  glyphs,
  shown,
}: {
  readonly glyphs: readonly Glyph[];
  readonly shown: Glyph | null;
}) {
  return (
    <div className={styles.boxes} aria-hidden="true">
      {glyphs.map((glyph) => (
        <span
          key={glyph.strokes[0] ?? glyph.box.left}
          className={glyph === shown ? styles.shown : styles.box}
          data-testid="digit-box"
          data-high={glyph.box.top < 0.12}
          style={around(glyph.box)}
        >
          <span>{glyph.rejected ? "?" : glyph.digit}</span>
        </span>
      ))}
    </div>
  );
}

function around({ left, top, width, height }: Glyph["box"]): CSSProperties {
  const share = (value: number) => `${100 * Math.min(1, Math.max(0, value))}%`;
  const wide = MARGIN / PAPER.width;
  return {
    insetInlineStart: share(left - wide),
    insetBlockStart: share(top - MARGIN),
    insetInlineEnd: share(1 - left - width - wide),
    insetBlockEnd: share(1 - top - height - MARGIN),
  };
}
