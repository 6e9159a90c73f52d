import { useLayoutEffect, useRef } from "react";
import { SIDE } from "@/lib/ink/preprocess";
import styles from "./PixelGrid.module.css";

/** The model's 28×28 input image, enlarged. 255 is full ink, 0 is background. */
export function PixelGrid({
  pixels,
  label,
}: {
  readonly pixels: Uint8Array<ArrayBuffer> | null;
  readonly label: string;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);

  useLayoutEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (context === null || context === undefined) return;
    const image = context.createImageData(SIDE, SIDE);
    // Black pixels with the ink as opacity. In dark mode, the style sheet inverts them.
    pixels?.forEach((value, i) => (image.data[4 * i + 3] = value));
    context.putImageData(image, 0, 0);
  }, [pixels]);

  return (
    <canvas ref={canvas} className={styles.pixels} width={SIDE} height={SIDE} role="img" aria-label={label} />
  );
}
