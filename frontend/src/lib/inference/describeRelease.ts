import type { LoadedRelease } from "./release/types";
import type { Model, ReleaseInfo } from "./types";

/** What a page needs to know of the release that is running in its worker. */
export function describeRelease({
  manifest,
  origin,
  fallbackReason,
  model,
}: LoadedRelease<Model>): ReleaseInfo {
  return {
    id: manifest.release,
    origin,
    fallbackReason,
    accuracy: manifest.accuracy,
    trainImages: manifest.trainImages,
    validationImages: manifest.validationImages,
    testImages: manifest.testImages,
    split: manifest.split,
    usesFallbackData: manifest.usesFallbackData,
    backend: model.backend,
  };
}
