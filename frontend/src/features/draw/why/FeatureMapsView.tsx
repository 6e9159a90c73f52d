import { useLayoutEffect, useMemo, useRef } from "react";
import styles from "./FeatureMapsView.module.css";
import type { FeatureMaps } from "@/lib/inference/types";

/** Width of the gap between two maps, in units of a map's side. */
const GAP = 0.12;

/** The feature maps of one block, the strongest first. */
export function FeatureMapsView({ maps, label }: { readonly maps: FeatureMaps; readonly label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height } = maps;
  const ranked = useMemo(() => rank(maps), [maps]);
  // Compute the columns from the rows, so that the last row is not almost empty.
  const rows = Math.max(1, Math.round(Math.sqrt(ranked.length / 2)));
  const columns = Math.ceil(ranked.length / rows);
  // An integer number of pixels per cell keeps small maps sharp.
  const cell = Math.max(2, Math.round(48 / width));
  const gap = Math.round(cell * width * GAP);

  useLayoutEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (context === null || context === undefined) return;
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    ranked.forEach(({ channel, peak }, index) => {
      const left = (index % columns) * (cell * width + gap);
      const top = Math.floor(index / columns) * (cell * height + gap);
      context.globalAlpha = 0.07;
      context.fillRect(left, top, cell * width, cell * height);
      for (let i = 0; i < width * height; i++) {
        context.globalAlpha = Math.max(0, valueAt(maps, i, channel)) / peak;
        context.fillRect(left + (i % width) * cell, top + Math.floor(i / width) * cell, cell, cell);
      }
    });
  }, [maps, ranked, columns, cell, gap, width, height]);

  return (
    <canvas
      ref={canvas}
      className={styles.maps}
      width={columns * (cell * width + gap) - gap}
      height={rows * (cell * height + gap) - gap}
      role="img"
      aria-label={label}
    />
  );
}

/** The number of channels with no positive activation. */
export function inactiveChannels(maps: FeatureMaps): number {
  return maps.channels - rank(maps).length;
}

/** The active channels, sorted by the sum of their activations. */
function rank(maps: FeatureMaps): { readonly channel: number; readonly peak: number }[] {
  const cells = Array.from({ length: maps.width * maps.height }, (_, i) => i);
  return Array.from({ length: maps.channels }, (_, channel) => {
    const values = cells.map((i) => Math.max(0, valueAt(maps, i, channel)));
    return { channel, peak: Math.max(...values), sum: values.reduce((a, b) => a + b, 0) };
  })
    .filter(({ peak }) => peak > 0)
    .toSorted((a, b) => b.sum - a.sum);
}

function valueAt({ channels, values }: FeatureMaps, cell: number, channel: number): number {
  return values[cell * channels + channel] ?? 0;
}
