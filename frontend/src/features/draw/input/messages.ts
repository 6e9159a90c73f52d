/** Messages between the page and the image worker. */

import type { DrawingInput } from "@/lib/ink/drawingInput";

/** Maximum number of digits. An image with more is a page of writing or does not show digits. */
export const MAX_DIGITS = 12;

/** Why no digits were found in an image. */
export type ImageProblem =
  "notImage" | "tooLarge" | "tooManyPixels" | "notDecodable" | "noInk" | "tooManyDigits" | "stopped";

/** To the worker: the image file. */
export type ImageRequest = Blob;

/** From the worker: the digits found in the image, or why none were found. */
export type ImageResult =
  { readonly input: Extract<DrawingInput, { kind: "picture" }> } | { readonly problem: ImageProblem };
