/** Messages between the page and the image worker. */

import type { DrawingInput } from "@/lib/ink/drawingInput";

/** Why an image yields no digits. */
export type ImageProblem = "notImage" | "tooLarge" | "broken" | "blank" | "crowded" | "stopped";

/** To the worker: the image file. */
export type ImageRequest = Blob;

/** From the worker: the digits in the image, or why there are none. */
export type ImageResult =
  { readonly input: Extract<DrawingInput, { kind: "picture" }> } | { readonly problem: ImageProblem };
