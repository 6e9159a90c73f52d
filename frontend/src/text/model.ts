/** Text about the model that the draw page and the model page share. */

import { kilobytes } from "./numbers";
import type { Progress, ReleaseInfo } from "@/lib/inference/types";

export const modelText = {
  progress: "Model download",
  expired: "The signature of this model has expired. The model may be out of date.",
  bytesReceived: ({ received, total }: Progress) => `${kilobytes(received)} of ${kilobytes(total)} kB`,
  origin: {
    bundled: "bundled with this page",
    storage: "downloaded from Storage",
    cache: "cached from an earlier visit",
  } satisfies Record<ReleaseInfo["origin"], string>,
} as const;
