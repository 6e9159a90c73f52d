/** What the draw page and the model page both say of the network. */

import type { RunningRelease } from "@/lib/inference/messages";
import { kilobytes } from "./numbers";

export const network = {
  progress: "How much of the network has arrived",
  arrived: (received: number, total: number) => `${kilobytes(received)} of ${kilobytes(total)} kB`,
  whence: {
    bundled: "bundled with this page",
    storage: "fetched from Storage",
    kept: "kept from an earlier visit",
  } satisfies Record<RunningRelease["origin"], string>,
} as const;
