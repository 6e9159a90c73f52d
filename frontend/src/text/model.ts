/** What the draw page and the model page both say of the network. */

import { kilobytes } from "./numbers";
import type { ReleaseInfo } from "@/lib/inference/types";

export const modelText = {
  progress: "How much of the network has arrived",
  arrived: (received: number, total: number) => `${kilobytes(received)} of ${kilobytes(total)} kB`,
  whence: {
    bundled: "bundled with this page",
    storage: "fetched from Storage",
    cache: "kept from an earlier visit",
  } satisfies Record<ReleaseInfo["origin"], string>,
} as const;
