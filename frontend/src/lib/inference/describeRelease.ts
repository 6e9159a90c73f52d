import type { VerifiedRelease } from "./release/types";
import type { Model, ReleaseInfo } from "./types";

/** The part of a loaded release that the worker sends to the page. */
export function describeRelease({
  manifest,
  origin,
  fallbackReason,
  storage,
  signature,
  model,
}: VerifiedRelease & { readonly model: Model }): ReleaseInfo {
  return {
    id: manifest.release,
    origin,
    fallbackReason,
    storage,
    signature,
    expired: signature?.expires != null && signature.expires < utcNow(),
    accuracy: manifest.accuracy,
    trainImages: manifest.trainImages,
    validationImages: manifest.validationImages,
    testImages: manifest.testImages,
    split: manifest.split,
    usesFallbackData: manifest.usesFallbackData,
    backend: model.backend,
  };
}

/** `YYYY-MM-DDTHH:MM:SSZ`. Such texts are ordered as the times are. */
function utcNow(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}
