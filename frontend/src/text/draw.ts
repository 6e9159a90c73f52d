/** The draw page: paper, tools, prediction and the facts about the model. */

import { atLeast, count, digitWord, numberOf, ordinal, percent } from "./numbers";
import type { Prediction, Glyph, ReleaseInfo } from "@/lib/inference/types";

export const draw = {
  heading: "Draw a digit",
  subtitle: "A neural network reads along, on your device.",
  noScript: {
    need: "This page needs JavaScript.",
    why: "The network that reads your drawing runs in your browser, so there is nobody to read without it.",
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
  share: {
    open: "Share",
    loadFailed: "The share options could not be fetched. Your ink is kept: try again.",
    copyPicture: "Copy picture",
    copyLink: "Copy link",
    send: "Send…",
    link: "Link to this drawing",
    preparing: "Preparing the picture…",
    pictureCopied: "Copied: paste the picture wherever you like.",
    pictureSaved: "This browser cannot copy pictures, so it was saved as a file.",
    linkCopied: "Copied. The link carries the drawing itself; nothing was uploaded.",
    copyManually: "This browser does not let pages copy. Here is the link:",
    tooLong: "This drawing is too large for a link. Copy the picture instead.",
    notInk: "Only drawn ink fits in a link. Copy the picture instead.",
    copyPictureFailed: "The picture could be neither copied nor saved.",
    sendFailed: "It could not be sent. Copy it instead.",
    /** Caption of a shared picture without a prediction. */
    noPrediction: "Written by hand",
    readAs: ({ glyphs }: Prediction) =>
      glyphs.length === 1 && glyphs[0]?.rejected
        ? "Not a digit, says the network"
        : `Read as ${numberOf(glyphs)}`,
    title: "Can you read this?",
    signature: "Ink to Digit",
    fileName: "ink-to-digit.png",
    linkDamaged: "The drawing in that link is damaged or incomplete. Ask for the link again.",
    linkNotOpened: "The drawing in that link could not be opened. Reload the page to try again.",
  },
  prediction: {
    label: "Reading",
    failed: "The network could not run.",
    inkKept: "Your ink is kept.",
    retry: "Try again",
    /** Shown instead of a prediction. */
    placeholders: {
      loading: "Fetching the network…",
      empty: "Waiting for ink",
      pending: "Reading…",
    },
    digits: "Digits of the number",
    digit: (glyph: Glyph) => `${glyph.digit}, ${confidenceIn(glyph)}`,
    /** Beside the digits. */
    summary: ({ glyphs }: Prediction) => {
      const [only, ...others] = glyphs;
      if (only === undefined || others.length > 0) return `${digitWord(glyphs.length)} digits`;
      return only.rejected ? "Not a digit, it seems" : digitWord(only.digit);
    },
    /** For screen readers: `seven`, `1234`, or that it is not a digit. */
    announcement: ({ glyphs }: Prediction) => {
      const [only, ...others] = glyphs;
      if (only === undefined || others.length > 0) return numberOf(glyphs);
      return only.rejected ? "Not a digit, it seems" : digitWord(only.digit);
    },
    /** The confidence; for a number, that of its least certain digit. */
    confidence: ({ glyphs }: Prediction) => {
      const [only, ...others] = glyphs;
      if (only !== undefined && others.length === 0) return confidenceIn(only);
      return `${atLeast(Math.min(...glyphs.map(({ confidence }) => confidence)))} sure of each`;
    },
    /** The selected digit of a number. */
    selectedDigit: (index: number, glyph: Glyph) => `${ordinal(index)} digit, ${confidenceIn(glyph)}`,
  },
  input: {
    figure: "Fig. 2",
    caption: "What the network sees: 28 × 28 grey pixels.",
    none: "No image yet",
    label: "Your drawing as 28 by 28 pixels",
  },
  bars: {
    label: "Probability of each digit",
    figure: "Fig. 3",
    caption: "How it divides its belief among the ten digits.",
    none: "–",
  },
  modelInfo: {
    newer: "A newer network is ready:",
    release: "Release",
    newerAccuracy: (accuracy: number) => `which reads ${(accuracy * 100).toFixed(2)}% of test images right.`,
    accept: "Use it",
    model: "Network",
    accuracy: "Accuracy",
    accuracyOf: (accuracy: number, images: number) =>
      `Reads ${(accuracy * 100).toFixed(2)}% of ${count(images)} test images right`,
    speed: "Speed",
    speedOf: (milliseconds: number | null, backend: ReleaseInfo["backend"]) =>
      `${milliseconds === null ? "Runs on" : `${milliseconds.toFixed(1)} ms for the last answer, on`} ${
        backend === "wasm" ? "WebAssembly" : "plain JavaScript, as WebAssembly is not available here"
      }`,
    fallback: "The published network could not be used,",
    fallbackTo: {
      bundled: "so the bundled one answers.",
      storage: "so this one answers.",
      cache: "so the last good one answers.",
    } satisfies Record<ReleaseInfo["origin"], string>,
    fallbackData: "Trained on stand-in data.",
    fallbackDataWarning:
      "The real images were not available when this network was trained, so do not expect much.",
  },
} as const;

function confidenceIn({ digit, confidence, rejected }: Glyph): string {
  const sure = `${percent(confidence)} sure`;
  return rejected ? `at a guess, ${digit === 8 ? "an" : "a"} ${digitWord(digit)}: ${sure}` : sure;
}
