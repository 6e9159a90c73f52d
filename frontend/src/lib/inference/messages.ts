/** What the page and its inference worker say to each other. */

import type { Subject } from "@/lib/ink/strokes";
import type { Explanation } from "./explain";
import type { Running } from "./release/load";
import type { Manifest } from "./release/manifest";
import type { Network } from "./model";

export type ToWorker =
  /** Tell how loading, which begins as the worker starts, goes on and ends. */
  | { readonly type: "load" }
  | { readonly type: "recognize"; readonly id: number; readonly subject: Subject }
  /** Say what in an image, as the network saw it, the answer comes from. */
  | { readonly type: "explain"; readonly id: number; readonly pixels: Uint8Array<ArrayBuffer> }
  /** Let the release that was offered answer from now on. */
  | { readonly type: "accept" };

export type FromWorker =
  | News
  /** First of all, and again once an offered release answers. */
  | { readonly type: "ready"; readonly release: RunningRelease }
  | { readonly type: "answer"; readonly id: number; readonly answer: Answer }
  /** Null when it cannot be had: the network was replaced meanwhile. */
  | { readonly type: "explanation"; readonly id: number; readonly explanation: Explanation | null }
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
export interface RunningRelease
  extends
    Pick<Manifest, "accuracy" | "testImages" | "trainImages" | "validationImages" | "split" | "standIn">,
    Pick<Running<Network>, "origin" | "fallbackReason">,
    Pick<Network, "backend"> {
  readonly id: string;
}

export interface Answer {
  /** From left to right, at least one: the number that was read. */
  readonly glyphs: readonly Glyph[];
  /** From the subject to the last probability, in milliseconds. */
  readonly milliseconds: number;
}

/** One digit of the number. */
export interface Glyph {
  /** Of its ink, as shares of the paper. The whole paper for what was not drawn. */
  readonly box: Box;
  /** Which of the subject's strokes it is made of, by index, ascending. None for what was not drawn. */
  readonly strokes: readonly number[];
  /** 0…9: the likeliest, even when it is rejected. */
  readonly digit: number;
  /** Calibrated probability of `digit`, 0…1. */
  readonly confidence: number;
  /** Calibrated probabilities of 0…9. */
  readonly probabilities: readonly number[];
  /** What the network saw: 784 pixels of 0…255, row by row, ink bright. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** Less sure than the release's rejection threshold: most likely no digit at all. */
  readonly rejected: boolean;
}

/** Shares of the paper's width and height, 0…1, from its upper left corner. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}
