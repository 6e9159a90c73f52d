import type { Running } from "./load";
import type { Network } from "./network";
import type { RunningRelease } from "./protocol";

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
