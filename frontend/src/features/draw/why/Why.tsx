import { useEffect, useId, useState } from "react";
import { useRecognizerContext } from "../RecognizerContext";
import { why } from "@/text/why";
import { Heatmap } from "@/ui/Heatmap";
import { FeatureMapsView, inactiveChannels } from "./FeatureMapsView";
import styles from "./Why.module.css";
import { isBlank } from "@/lib/ink/drawingInput";
import type { Explanation, Glyph } from "@/lib/inference/types";

/** Smallest change of the probability that is shown in full colour. */
const MIN_FULL_DROP = 0.05;

/** Smallest change of the log-odds that is shown in full colour. */
const MIN_FULL_LOG_ODDS = 0.5;

interface Explained {
  readonly glyph: Glyph;
  /** Null if no explanation is available. */
  readonly explanation: Explanation | null;
}

/** Explains the prediction for the shown digit: heatmaps of its ink, and the model's feature maps. */
export default function Why() {
  // Unmount the last explanation when the canvas is cleared.
  return isBlank(useRecognizerContext().input) ? null : <LatestExplanation />;
}

function LatestExplanation() {
  const { settled, explain } = useRecognizerContext();
  const glyph = settled?.glyph ?? null;
  const [explained, setExplained] = useState<Explained | null>(null);
  const headingId = useId();

  useEffect(() => {
    if (glyph === null) return;
    let current = true;
    void explain(glyph.pixels).then((explanation) => {
      if (current) setExplained({ glyph, explanation });
    });
    return () => {
      current = false;
    };
  }, [glyph, explain]);

  if (explained === null) return <p className={styles.note}>{why.loading}</p>;
  if (explained.explanation === null) return <p className={styles.note}>{why.unavailable}</p>;
  const { pixels, rejected } = explained.glyph;
  const { explanation } = explained;
  const { digit, runnerUp, support, contrast, blocks } = explanation;

  return (
    <section
      className={styles.why}
      aria-labelledby={headingId}
      data-testid="why"
      data-digit={digit}
      data-fresh={explained.glyph === glyph}
    >
      <h2 id={headingId} className={styles.heading}>
        {why.heading(digit, rejected)}
      </h2>
      <figure className={styles.heat}>
        <Heatmap
          pixels={pixels}
          heat={support}
          fullScale={fullScaleOf(support, MIN_FULL_DROP)}
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
          fullScale={fullScaleOf(contrast, MIN_FULL_LOG_ODDS)}
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
                  <span>
                    {why.blocks.size(maps.channels, maps.width, maps.height, inactiveChannels(maps))}
                  </span>
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

/** The value shown in full colour: the largest magnitude, but at least `least`. */
function fullScaleOf(heat: Float32Array, least: number): number {
  return heat.reduce((max, value) => Math.max(max, Math.abs(value)), least);
}
