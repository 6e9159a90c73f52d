/** Text about the model that the draw page and the model page share. */

import { kilobytes } from "./numbers";
import type { ReleaseInfo } from "@/lib/inference/types";

export const modelText = {
  progress: "Model download",
  bytesReceived: (received: number, total: number) => `${kilobytes(received)} of ${kilobytes(total)} kB`,
  origin: {
    bundled: "bundled with this page",
    storage: "downloaded from Storage",
    cache: "cached from an earlier visit",
  } satisfies Record<ReleaseInfo["origin"], string>,
} as const;
