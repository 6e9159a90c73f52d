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
  | { readonly type: "recognize"; readonly id: number; readonly strokes: readonly Stroke[] };

export type FromWorker =
  | { readonly type: "ready"; readonly release: RunningRelease }
  | { readonly type: "answer"; readonly id: number; readonly answer: Answer }
  /** Nothing works any more until a new worker is started. */
  | { readonly type: "failed"; readonly reason: string };

/** The release that answers, and how it came here. */
export interface RunningRelease {
  readonly id: string;
  readonly origin: "bundled" | "storage";
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
