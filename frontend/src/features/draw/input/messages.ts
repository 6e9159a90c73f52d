/** What the page and the worker that looks at pictures say to each other. */

import type { Subject } from "@/lib/ink/strokes";

/** What is wrong with a picture. */
export type Problem = "notImage" | "tooLarge" | "broken" | "blank" | "crowded" | "stopped";

/** To the worker: the picture's file. */
export type PictureQuestion = Blob;

/** From the worker. */
export type PictureAnswer =
  { readonly subject: Extract<Subject, { kind: "picture" }> } | { readonly problem: Problem };
