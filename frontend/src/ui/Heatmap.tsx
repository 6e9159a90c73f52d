import { useEffect, useRef } from "react";
import { SIDE } from "@/lib/ink/preprocess";
import styles from "./Heatmap.module.css";

/**
 * A heatmap over the ink of the model's input image. Positive values are red, negative values blue with stripes, which make
 * the difference visible without colour.
 *
 * @param heat - One value for each of the 784 pixels.
 * @param fullScale - The absolute value with full colour, above 0.
 */
export function Heatmap({
  pixels,
  heat,
  fullScale,
  label,
}: {
  readonly pixels: Uint8Array;
  readonly heat: Float32Array;
  readonly fullScale: number;
  readonly label: string;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);

  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (element === null || context === null || context === undefined) return;
    const colour = (name: string) => getComputedStyle(element).getPropertyValue(name);
    const paint = () => {
      const cell = element.width / SIDE;
      context.clearRect(0, 0, element.width, element.height);
      pixels.forEach((value, i) => {
        const strength = Math.min(1, Math.abs(heat[i] ?? 0) / fullScale);
        const [x, y] = [(i % SIDE) * cell, Math.floor(i / SIDE) * cell];
        const fill = (style: string, alpha: number, height = cell) => {
          context.globalAlpha = alpha;
          context.fillStyle = style;
          context.fillRect(x, y, cell, height);
        };
        fill(colour("--neutral"), 0.85 * (value / 255));
        if ((heat[i] ?? 0) > 0) fill(colour("--positive"), strength * (0.12 + 0.88 * (value / 255)));
        else {
          fill(colour("--negative"), strength * (0.12 + 0.88 * (value / 255)));
          if (strength > 0.15) fill(colour("--stripe"), 0.7, cell / 4);
        }
      });
    };
    paint();
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", paint);
    return () => dark.removeEventListener("change", paint);
  }, [pixels, heat, fullScale]);

  return (
    <canvas
      ref={canvas}
      className={styles.heat}
      width={SIDE * 12}
      height={SIDE * 12}
      role="img"
      aria-label={label}
    />
  );
}
