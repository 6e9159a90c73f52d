/** Image worker: decodes an image and finds the digits in it, which can take a second. */

import { MAX_SIDE, type GreyscaleImage, digitsFromImage } from "@/lib/image/digitsFromImage";
import { digitsIn } from "@/lib/ink/segment";
import { type ImageResult, type ImageRequest, MAX_DIGITS } from "./messages";

self.onmessage = async ({ data }: MessageEvent<ImageRequest>) => {
  // The page gets no error event for a rejected promise.
  self.postMessage(await readImage(data).catch((): ImageResult => ({ problem: "stopped" })));
};

async function readImage(file: Blob): Promise<ImageResult> {
  const image = await decode(file).catch(() => null);
  if (image === null) return { problem: "notDecodable" };
  const input = digitsFromImage(image);
  if (input === null) return { problem: "noInk" };
  return digitsIn(input.layout) > MAX_DIGITS ? { problem: "tooManyDigits" } : { input };
}

/** @throws DOMException if the browser cannot decode the file. */
async function decode(file: Blob): Promise<GreyscaleImage> {
  // Apply the orientation from the EXIF data.
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, MAX_SIDE / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (context === null) throw new DOMException("no canvas to decode on");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return { width, height, luminance: luminanceOf(context.getImageData(0, 0, width, height).data) };
}

/** Luminance (Rec. 709). Transparent pixels become background: black if the ink is light, white if it is dark. */
function luminanceOf(rgba: Uint8ClampedArray): Uint8Array<ArrayBuffer> {
  const luminance = (i: number) =>
    0.2126 * (rgba[i] ?? 0) + 0.7152 * (rgba[i + 1] ?? 0) + 0.0722 * (rgba[i + 2] ?? 0);
  let [sum, opaque] = [0, 0];
  for (let i = 0; i < rgba.length; i += 4) {
    sum += luminance(i) * (rgba[i + 3] ?? 0);
    opaque += rgba[i + 3] ?? 0;
  }
  const background = sum > 128 * opaque ? 0 : 255;
  return Uint8Array.from({ length: rgba.length / 4 }, (_, pixel) => {
    const share = (rgba[4 * pixel + 3] ?? 0) / 255;
    return Math.round(luminance(4 * pixel) * share + background * (1 - share));
  });
}
