import type { VerifiedRelease } from "./release/types";
import type { Model, ReleaseInfo } from "./types";

/** The part of a loaded release that the worker sends to the page. */
export function describeRelease({
  manifest,
  origin,
  fallbackReason,
  signature,
  model,
}: VerifiedRelease & { readonly model: Model }): ReleaseInfo {
  return {
    id: manifest.release,
    origin,
    fallbackReason,
    signature,
    accuracy: manifest.accuracy,
    trainImages: manifest.trainImages,
    validationImages: manifest.validationImages,
    testImages: manifest.testImages,
    split: manifest.split,
    usesFallbackData: manifest.usesFallbackData,
    backend: model.backend,
  };
}
