import { INK, paint } from "../paint";
import { CANVAS_SIZE } from "@/lib/ink/strokes";
import { draw } from "@/text/draw";
import type { DrawingInput } from "@/lib/ink/drawingInput";

/** Size of the drawing in pixels. */
const HEIGHT = 800;
const WIDTH = HEIGHT * CANVAS_SIZE.width;
const CAPTION_HEIGHT = 112;

/** Render the drawing with a caption below it as a PNG. */
export async function shareImage(input: DrawingInput, caption: string): Promise<Blob> {
  // Drawing and encoding block the page for some frames, so let it render the status message first.
  await new Promise((resolve) => setTimeout(resolve));
  const ink = document.createElement("canvas");
  ink.width = WIDTH;
  ink.height = HEIGHT;
  paint(ink, input);

  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT + CAPTION_HEIGHT;
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("this browser has no canvas");
  context.fillStyle = "#f4efe4";
  context.fillRect(0, 0, WIDTH, HEIGHT + CAPTION_HEIGHT);
  context.fillStyle = "#fcfaf4";
  context.fillRect(0, 0, WIDTH, HEIGHT);
  context.drawImage(ink, 0, 0);
  context.fillStyle = "#a59c88";
  context.fillRect(0, HEIGHT, WIDTH, 2);
  const { fontFamily } = getComputedStyle(document.body);
  context.textBaseline = "middle";
  context.fillStyle = INK;
  context.font = `500 44px ${fontFamily}`;
  context.fillText(caption, 48, HEIGHT + CAPTION_HEIGHT / 2, WIDTH - 400);
  context.textAlign = "end";
  context.fillStyle = "#575a66";
  context.font = `italic 36px ${fontFamily}`;
  context.fillText(draw.share.signature, WIDTH - 48, HEIGHT + CAPTION_HEIGHT / 2);

  return encodePng(canvas);
}

/**
 * Encode a canvas synchronously. In Chromium, `toBlob`, and `convertToBlob` outside of workers, wait for idle time. On a
 * busy page, they take 1 to 7 seconds, and up to 13 on Android.
 *
 * @throws Error if the browser cannot encode the canvas.
 */
function encodePng(canvas: HTMLCanvasElement): Blob {
  const [header, base64] = canvas.toDataURL("image/png").split(",");
  if (header !== "data:image/png;base64" || base64 === undefined) {
    throw new Error("this browser cannot encode a canvas");
  }
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return new Blob([bytes], { type: "image/png" });
}
