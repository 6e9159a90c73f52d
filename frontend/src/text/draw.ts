/** The draw page: paper, tools, reading and the line below them. */

import type { Answer, Glyph, RunningRelease } from "@/lib/inference/protocol";
import { digitWord, kilobytes, numberOf, percent } from "./numbers";

export const draw = {
  heading: "Draw a digit",
  subtitle: "A neural network reads along, on your device.",
  noScript: {
    need: "This page needs JavaScript.",
    why: "The network that reads your drawing runs in your browser, so without it there is nobody to read.",
    link: "How it works",
    afterLink: "needs none.",
  },
  paper: {
    label: "Drawing surface: write a digit or a number with a finger, pen or mouse",
    hint: ["Draw a digit here,", "or a whole number"],
    figure: "Fig. 1",
    caption: "Your hand.",
  },
  tools: {
    undo: { name: "Undo", title: "Undo (Ctrl+Z)" },
    redo: { name: "Redo", title: "Redo (Ctrl+Shift+Z)" },
    clear: { name: "Clear", title: "Clear (Delete)" },
  },
  reading: {
    label: "Reading",
    failed: "The network could not run.",
    inkKept: "Your ink is kept.",
    retry: "Try again",
    /** Said in the place of an answer. */
    waiting: {
      loading: "Fetching the network…",
      empty: "Waiting for ink",
      pending: "Reading…",
    },
    digits: "Digits of the number",
    digit: (glyph: Glyph) => `${glyph.digit}, ${confidenceIn(glyph)}`,
    /** `seven`, `1234` or that it is none. */
    verdict: ({ glyphs }: Answer) => {
      const [only, ...others] = glyphs;
      if (only === undefined || others.length > 0) return numberOf(glyphs);
      return only.rejected ? "Not a digit" : digitWord(only.digit);
    },
    /** How far the network trusts its verdict; of a number, its least certain digit. */
    confidence: ({ glyphs }: Answer) => {
      const [only, ...others] = glyphs;
      if (only !== undefined && others.length === 0) return confidenceIn(only);
      return `at least ${percent(Math.min(...glyphs.map(({ confidence }) => confidence)))} sure of each digit`;
    },
    progress: "How much of the network has arrived",
    arrived: (received: number, total: number) => `${kilobytes(received)} of ${kilobytes(total)} kB`,
  },
  input: {
    figure: "Fig. 2",
    caption: "What the network sees: 28 × 28 greys.",
    none: "No image yet",
    label: "Your drawing as 28 by 28 pixels",
  },
  bars: {
    label: "Probability of each digit",
    figure: "Fig. 3",
    caption: "How it divides its belief among the ten digits.",
    none: "–",
  },
  colophon: {
    newer: "A newer network is ready:",
    release: "release",
    readsRight: (accuracy: number) => `which reads ${(accuracy * 100).toFixed(2)}% right.`,
    accept: "Use it",
    network: "Network",
    networkOf: "Release",
    accuracy: "Accuracy",
    accuracyOf: (accuracy: number, images: number) =>
      `Reads ${(accuracy * 100).toFixed(2)}% of ${images.toLocaleString("en")} test images right`,
    speed: "Speed",
    speedOf: (milliseconds: number | null, backend: RunningRelease["backend"]) =>
      `${milliseconds === null ? "Runs on" : `${milliseconds.toFixed(1)} ms for the last answer, on`} ${
        backend === "wasm" ? "WebAssembly" : "plain JavaScript, as WebAssembly is not to be had here"
      }`,
    whence: {
      bundled: "bundled with this page",
      storage: "fetched from Storage",
      kept: "kept from an earlier visit",
    } satisfies Record<RunningRelease["origin"], string>,
    fallback: "The published network could not be used,",
    fallbackTo: {
      bundled: "so the bundled one answers.",
      storage: "so this one answers.",
      kept: "so the last good one answers.",
    } satisfies Record<RunningRelease["origin"], string>,
    standIn: "Trained on stand-in data.",
    standInWhy: "The real images were out of reach when this network was trained: do not expect much of it.",
  },
} as const;

function confidenceIn({ digit, confidence, rejected }: Glyph): string {
  const sure = `${percent(confidence)} sure`;
  return rejected ? `if it must be one, ${digit === 8 ? "an" : "a"} ${digitWord(digit)}: ${sure}` : sure;
}
