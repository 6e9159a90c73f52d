import type { Running } from "./release/load";
import type { Network } from "./model";
import type { RunningRelease } from "./messages";

/** What a worker tells the page of a release that runs in it. */
export function describe({ manifest, origin, fallbackReason, network }: Running<Network>): RunningRelease {
  return {
    id: manifest.release,
    origin,
    fallbackReason,
    accuracy: manifest.accuracy,
    trainImages: manifest.trainImages,
    validationImages: manifest.validationImages,
    testImages: manifest.testImages,
    split: manifest.split,
    standIn: manifest.standIn,
    backend: network.backend,
  };
}
