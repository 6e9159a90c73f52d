/** What the page and its image worker say to each other. */

import type { DrawingInput } from "@/lib/ink/drawingInput";

/** Why an image yields no digits. */
export type ImageProblem = "notImage" | "tooLarge" | "broken" | "blank" | "crowded" | "stopped";

/** To the worker: the image file. */
export type ImageRequest = Blob;

/** From the worker. */
export type ImageResult =
  { readonly input: Extract<DrawingInput, { kind: "picture" }> } | { readonly problem: ImageProblem };
