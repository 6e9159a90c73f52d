import { useEffect, useId, useState } from "react";
import { useRecognizerContext } from "../RecognizerContext";
import { why } from "@/text/why";
import { Heatmap } from "@/ui/Heatmap";
import { FeatureMapsView, silentChannels } from "./FeatureMapsView";
import styles from "./Why.module.css";
import { isBlank } from "@/lib/ink/drawingInput";
import type { Explanation, Glyph } from "@/lib/inference/types";

/** Falls of a probability that are smaller are shown paler. */
const FULL_FALL = 0.05;

/** Likewise of log-odds. */
const FULL_ODDS = 0.5;

interface Explained {
  readonly glyph: Glyph;
  /** Null when it cannot be had. */
  readonly explanation: Explanation | null;
}

/** What the answer to the digit that is shown comes from: its ink, part by part, and the network's own maps of it. */
export default function Why() {
  // With the ink goes what was said of it.
  return isBlank(useRecognizerContext().input) ? null : <Latest />;
}

function Latest() {
  const { settled, explain } = useRecognizerContext();
  const glyph = settled?.glyph ?? null;
  const [explained, setExplained] = useState<Explained | null>(null);
  const headed = useId();

  useEffect(() => {
    if (glyph === null) return;
    let wanted = true;
    void explain(glyph.pixels).then((explanation) => {
      if (wanted) setExplained({ glyph, explanation });
    });
    return () => {
      wanted = false;
    };
  }, [glyph, explain]);

  if (explained === null) return <p className={styles.note}>{why.wondering}</p>;
  if (explained.explanation === null) return <p className={styles.note}>{why.unknown}</p>;
  const { pixels, rejected } = explained.glyph;
  const { explanation } = explained;
  const { digit, runnerUp, support, contrast, blocks } = explanation;

  return (
    <section
      className={styles.why}
      aria-labelledby={headed}
      data-testid="why"
      data-digit={digit}
      data-fresh={explained.glyph === glyph}
    >
      <h2 id={headed} className={styles.heading}>
        {why.heading(digit, rejected)}
      </h2>
      <figure className={styles.heat}>
        <Heatmap
          pixels={pixels}
          heat={support}
          full={fullAt(support, FULL_FALL)}
          label={why.support.label(digit)}
        />
        <figcaption>
          <b>{why.support.figure}</b> {why.support.caption} {why.support.text(explanation)}
        </figcaption>
      </figure>
      <figure className={styles.heat}>
        <Heatmap
          pixels={pixels}
          heat={contrast}
          full={fullAt(contrast, FULL_ODDS)}
          label={why.contrast.label(digit, runnerUp)}
        />
        <figcaption>
          <b>{why.contrast.figure}</b> {why.contrast.caption(digit, runnerUp)}{" "}
          {why.contrast.text(explanation)}
        </figcaption>
      </figure>
      <div className={styles.legend}>
        <ul aria-label={why.legend.label}>
          <li className={styles.for}>{why.legend.for(digit)}</li>
          <li className={styles.against}>{why.legend.against}</li>
        </ul>
        <p>{why.method}</p>
      </div>
      {blocks.length > 0 && (
        <figure className={styles.blocks}>
          <ol>
            {blocks.map((maps, i) => (
              <li key={i}>
                <p>
                  <b>{why.blocks.name(i + 1)}</b>{" "}
                  <span>{why.blocks.size(maps.channels, maps.width, maps.height, silentChannels(maps))}</span>
                </p>
                <FeatureMapsView maps={maps} label={why.blocks.label(i + 1)} />
                {blocks.length === why.blocks.what.length && <p>{why.blocks.what[i]}</p>}
              </li>
            ))}
          </ol>
          <figcaption>
            <b>{why.blocks.figure}</b> {why.blocks.caption}
          </figcaption>
        </figure>
      )}
    </section>
  );
}

/** The value at which a colour is full: the strongest there is, but no less than `least`. */
function fullAt(heat: Float32Array, least: number): number {
  return heat.reduce((most, value) => Math.max(most, Math.abs(value)), least);
}
