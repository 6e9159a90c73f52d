/**
 * Explains a prediction by occlusion: a blank patch covers each part of the image in turn, and the change of the predicted
 * probabilities shows how much that part matters. Pure except for the model that is passed in.
 */

import { SIDE } from "@/lib/ink/preprocess";
import { softmax } from "./softmax";
import type { ExplainableClassifier, Explanation, InkRegion, Occlusion } from "./types";

/** Side of the patch and stride between two patches, in pixels of the 28×28 image. */
export const PATCH = 6;
const STEP = 2;

/** Images per call of the model. The worker handles other messages between two calls. */
const BATCH = 24;

/**
 * Explain the prediction for an image.
 *
 * @param pixels - 784 of 0…255, some above 0.
 * @param pause - Awaited after each batch. If it rejects, the explanation is abandoned and rejects with the same error.
 */
export async function explain(
  model: ExplainableClassifier,
  pixels: Uint8Array,
  pause: () => Promise<void>,
): Promise<Explanation> {
  const classify = (images: readonly Uint8Array[]) =>
    model.logits(images).map((logits) => softmax(logits, model.temperature));

  const [probabilities = []] = classify([pixels]);
  const [digit = 0, runnerUp = 0] = Array.from(probabilities.keys()).toSorted(
    (a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0),
  );
  /** Log-odds of the digit against the runner-up. */
  const logOdds = (of: readonly number[]) =>
    Math.log((of[digit] ?? 0) + 1e-6) - Math.log((of[runnerUp] ?? 0) + 1e-6);

  const patches = patchesOf(pixels);
  const support = new Heatmap();
  const contrast = new Heatmap();
  let weakest: Occlusion | null = null;
  const inked = patches.filter(({ image }) => image !== null);
  for (let start = 0; start < inked.length; start += BATCH) {
    const batch = inked.slice(start, start + BATCH);
    const predictions = classify(batch.map(({ image }) => image ?? pixels));
    batch.forEach((patch, i) => {
      const covered = predictions[i] ?? [];
      support.add(patch, (probabilities[digit] ?? 0) - (covered[digit] ?? 0));
      contrast.add(patch, logOdds(probabilities) - logOdds(covered));
      if (weakest === null || (covered[digit] ?? 0) < (weakest.probabilities[digit] ?? 0)) {
        weakest = { region: regionOf(patch, pixels), probabilities: covered };
      }
    });
    await pause();
  }
  // Covering blank parts changes nothing.
  for (const patch of patches)
    if (patch.image === null) [support, contrast].forEach((heatmap) => heatmap.add(patch, 0));

  return {
    digit,
    runnerUp,
    probabilities,
    support: support.mean(),
    contrast: contrast.mean(),
    weakest: weakest ?? { region: { row: "middle", column: "middle" }, probabilities },
    blocks: model.blocks(pixels),
  };
}

interface Patch {
  readonly top: number;
  readonly left: number;
  /** The image with the patch blank; null if the patch covers no ink. */
  readonly image: Uint8Array | null;
}

/** All patches, including those that overlap the border. */
function patchesOf(pixels: Uint8Array): Patch[] {
  const starts: number[] = [];
  for (let at = STEP - PATCH; at < SIDE; at += STEP) starts.push(at);
  return starts.flatMap((top) =>
    starts.map((left): Patch => {
      const image = pixels.slice();
      let ink = 0;
      forEachPixel(top, left, (i) => {
        ink += pixels[i] ?? 0;
        image[i] = 0;
      });
      return { top, left, image: ink > 0 ? image : null };
    }),
  );
}

/** Call `visit` with the index of each pixel of the patch within the image. */
function forEachPixel(top: number, left: number, visit: (i: number) => void): void {
  for (let y = Math.max(0, top); y < Math.min(SIDE, top + PATCH); y++) {
    for (let x = Math.max(0, left); x < Math.min(SIDE, left + PATCH); x++) visit(y * SIDE + x);
  }
}

/** For each pixel, the mean effect of the patches that cover it. */
class Heatmap {
  private readonly sums = new Float32Array(SIDE * SIDE);
  private readonly counts = new Uint16Array(SIDE * SIDE);

  add({ top, left }: Patch, effect: number): void {
    forEachPixel(top, left, (i) => {
      this.sums[i] = (this.sums[i] ?? 0) + effect;
      this.counts[i] = (this.counts[i] ?? 0) + 1;
    });
  }

  mean(): Float32Array {
    return this.sums.map((sum, i) => sum / Math.max(1, this.counts[i] ?? 0));
  }
}

/** The region of the patch's centre, by thirds of the ink's bounding box. */
function regionOf({ top, left }: Patch, pixels: Uint8Array): InkRegion {
  const inked = Array.from(pixels.keys()).filter((i) => (pixels[i] ?? 0) > 0);
  const third = (at: number, coordinates: readonly number[]) => {
    const [low, high] = [Math.min(...coordinates), Math.max(...coordinates) + 1];
    return Math.min(2, Math.max(0, Math.floor((3 * (at - low)) / (high - low))));
  };
  const rows = ["upper", "middle", "lower"] as const;
  const columns = ["left", "middle", "right"] as const;
  return {
    row:
      rows[
        third(
          top + PATCH / 2,
          inked.map((i) => Math.floor(i / SIDE)),
        )
      ] ?? "middle",
    column:
      columns[
        third(
          left + PATCH / 2,
          inked.map((i) => i % SIDE),
        )
      ] ?? "middle",
  };
}
