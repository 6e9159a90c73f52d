import { useEffect, useRef } from "react";
import { SIDE } from "@/lib/ink/preprocess";
import styles from "./Heatmap.module.css";

/**
 * The model's input image with coloured ink: red where `heat` is positive, blue with stripes where it is negative. The
 * stripes make the difference visible without colour.
 *
 * @param heat - A value for each of the 784 pixels.
 * @param full - The value at which a colour is full, above 0.
 */
export function Heatmap({
  pixels,
  heat,
  full,
  label,
}: {
  readonly pixels: Uint8Array;
  readonly heat: Float32Array;
  readonly full: number;
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
        const strength = Math.min(1, Math.abs(heat[i] ?? 0) / full);
        const [x, y] = [(i % SIDE) * cell, Math.floor(i / SIDE) * cell];
        const fill = (style: string, alpha: number, height = cell) => {
          context.globalAlpha = alpha;
          context.fillStyle = style;
          context.fillRect(x, y, cell, height);
        };
        fill(colour("--faint"), 0.85 * (value / 255));
        if ((heat[i] ?? 0) > 0) fill(colour("--for"), strength * (0.12 + 0.88 * (value / 255)));
        else {
          fill(colour("--against"), strength * (0.12 + 0.88 * (value / 255)));
          if (strength > 0.15) fill(colour("--stripe"), 0.7, cell / 4);
        }
      });
    };
    paint();
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", paint);
    return () => dark.removeEventListener("change", paint);
  }, [pixels, heat, full]);

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
