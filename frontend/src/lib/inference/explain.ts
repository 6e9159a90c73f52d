/**
 * Where a decision comes from, by occlusion: a patch of paper is laid over each part of the image in turn, and the
 * network is asked again. Pure but for the network, which it is handed.
 */

import { SIDE } from "@/lib/ink/preprocess";
import { softmax } from "./softmax";
import type { ExplainableClassifier, Explanation, InkRegion, Occlusion } from "./types";

/** Side of the patch, and how far it moves from one place to the next, in pixels of the 28×28. */
export const PATCH = 6;
const STEP = 2;

/** Images asked about at a time; between them the worker hears whatever else is wanted of it. */
const BATCH = 24;

/**
 * @param pixels - 784 of 0…255, some above 0.
 * @param pause - Awaited between batches; its rejection ends the work and is passed on.
 */
export async function explain(
  reader: ExplainableClassifier,
  pixels: Uint8Array,
  pause: () => Promise<void>,
): Promise<Explanation> {
  const answer = (images: readonly Uint8Array[]) =>
    reader.logits(images).map((logits) => softmax(logits, reader.temperature));

  const [probabilities = []] = answer([pixels]);
  const [digit = 0, runnerUp = 0] = Array.from(probabilities.keys()).toSorted(
    (a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0),
  );
  const odds = (of: readonly number[]) =>
    Math.log((of[digit] ?? 0) + 1e-6) - Math.log((of[runnerUp] ?? 0) + 1e-6);

  const patches = patchesOf(pixels);
  const support = new Heat();
  const contrast = new Heat();
  let weakest: Occlusion | null = null;
  const inked = patches.filter(({ image }) => image !== null);
  for (let start = 0; start < inked.length; start += BATCH) {
    const batch = inked.slice(start, start + BATCH);
    const answers = answer(batch.map(({ image }) => image ?? pixels));
    batch.forEach((patch, i) => {
      const covered = answers[i] ?? [];
      support.add(patch, (probabilities[digit] ?? 0) - (covered[digit] ?? 0));
      contrast.add(patch, odds(probabilities) - odds(covered));
      if (weakest === null || (covered[digit] ?? 0) < (weakest.probabilities[digit] ?? 0)) {
        weakest = { region: regionOf(patch, pixels), probabilities: covered };
      }
    });
    await pause();
  }
  // Paper on paper changes nothing.
  for (const patch of patches)
    if (patch.image === null) [support, contrast].forEach((heat) => heat.add(patch, 0));

  return {
    digit,
    runnerUp,
    probabilities,
    support: support.mean(),
    contrast: contrast.mean(),
    weakest: weakest ?? { region: { row: "middle", column: "middle" }, probabilities },
    blocks: reader.blocks(pixels),
  };
}

interface Patch {
  readonly top: number;
  readonly left: number;
  /** The image without it; null when it covers no ink. */
  readonly image: Uint8Array | null;
}

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

function forEachPixel(top: number, left: number, visit: (i: number) => void): void {
  for (let y = Math.max(0, top); y < Math.min(SIDE, top + PATCH); y++) {
    for (let x = Math.max(0, left); x < Math.min(SIDE, left + PATCH); x++) visit(y * SIDE + x);
  }
}

/** The mean effect of the patches over each pixel. */
class Heat {
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

function regionOf({ top, left }: Patch, pixels: Uint8Array): InkRegion {
  const inked = Array.from(pixels.keys()).filter((i) => (pixels[i] ?? 0) > 0);
  const third = (at: number, along: readonly number[]) => {
    const [low, high] = [Math.min(...along), Math.max(...along) + 1];
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
