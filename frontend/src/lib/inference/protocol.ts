/** What the page and its inference worker say to each other. */

import type { Stroke } from "@/lib/ink/types";

export type ToWorker =
  | {
      readonly type: "load";
      /** Absolute URLs: a bundled worker's own address is no base to resolve against. */
      readonly configUrl: string;
      readonly bundledUrl: string;
      /** Folder of TensorFlow.js' .wasm files, with a slash at its end. */
      readonly wasmUrl: string;
    }
  | { readonly type: "recognize"; readonly id: number; readonly strokes: readonly Stroke[] }
  /** Let the release that was offered answer from now on. */
  | { readonly type: "accept" };

export type FromWorker =
  | News
  /** First of all, and again once an offered release answers. */
  | { readonly type: "ready"; readonly release: RunningRelease }
  | { readonly type: "answer"; readonly id: number; readonly answer: Answer }
  /** Nothing works any more until a new worker is started. */
  | { readonly type: "failed"; readonly reason: string };

/** What happens on the way to a release. */
export type News =
  /** Bytes of a release that have arrived, of how many. */
  | { readonly type: "progress"; readonly received: number; readonly total: number }
  /** A newer release is verified and runs beside the one that answers. */
  | { readonly type: "offered"; readonly release: RunningRelease }
  /** Storage's release cannot be used: a sentence for the visitor. The one that answers goes on. */
  | { readonly type: "refused"; readonly reason: string };

/** The release that answers, and how it came here. */
export interface RunningRelease {
  readonly id: string;
  /** `kept`: fetched from Storage on an earlier visit. */
  readonly origin: "bundled" | "storage" | "kept";
  /** Why Storage's release does not run although there should be one, as a sentence; else null. */
  readonly fallbackReason: string | null;
  /** Share of the `testImages` read right, 0…1. */
  readonly accuracy: number;
  readonly testImages: number;
  /** Whether it was trained on stand-in data, the wanted ones being out of reach. */
  readonly standIn: boolean;
  readonly backend: "wasm" | "cpu";
}

export interface Answer {
  /** 0…9. */
  readonly digit: number;
  /** Calibrated probability of `digit`, 0…1. */
  readonly confidence: number;
  /** Calibrated probabilities of 0…9. */
  readonly probabilities: readonly number[];
  /** What the network saw: 784 pixels of 0…255, row by row, ink bright. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** From strokes to probabilities, in milliseconds. */
  readonly milliseconds: number;
}
