/** The draw page: canvas, tools, prediction and model information. */

import {
  atLeast,
  count,
  digitWord,
  enumerate,
  exactPercent,
  numberOf,
  ordinal,
  percent,
  symbolOf,
} from "./numbers";
import type { Prediction, Glyph, ReleaseInfo } from "@/lib/inference/types";

export const draw = {
  heading: "Draw a digit",
  subtitle: "A neural network recognizes it on your device.",
  noScript: {
    need: "This page needs JavaScript.",
    why: "The model that recognizes your drawing runs in your browser.",
    link: "How it works",
    afterLink: "works without it.",
  },
  canvas: {
    label: "Drawing area: write a digit or a number with a finger, pen or mouse",
    hint: ["Draw a digit here,", "or a whole number"],
    figure: "Fig. 1",
    caption: "Your drawing.",
  },
  tools: {
    undo: { name: "Undo", title: "Undo (Ctrl+Z)" },
    redo: { name: "Redo", title: "Redo (Ctrl+Shift+Z)" },
    clear: { name: "Clear", title: "Clear (Delete)" },
  },
  share: {
    open: "Share",
    loadFailed: "The share options could not be loaded. Your drawing is safe. Try again.",
    copyPicture: "Copy picture",
    copyLink: "Copy link",
    send: "Send…",
    link: "Link to this drawing",
    preparing: "Preparing the picture…",
    pictureCopied: "Picture copied.",
    pictureSaved: "This browser cannot copy pictures. The picture was saved as a file.",
    linkCopied: "Link copied. It contains the drawing itself; nothing was uploaded.",
    copyManually: "This browser does not allow copying. Copy the link here:",
    tooLong: "This drawing is too large for a link. Copy the picture instead.",
    notInk: "A link can only contain a drawing made with the pen. Copy the picture instead.",
    copyPictureFailed: "The picture could not be copied or saved.",
    sendFailed: "Sending failed. Copy the picture or the link instead.",
    /** Caption of a shared picture without a prediction. */
    noPrediction: "Handwritten",
    caption: (prediction: Prediction) =>
      onlyGlyph(prediction)?.rejected ? "Not a digit" : `Recognized as ${numbersOf(prediction)}`,
    title: "Can you read this?",
    signature: "Ink to Digit",
    fileName: "ink-to-digit.png",
    linkDamaged: "The drawing in this link is damaged or incomplete. Ask for a new link.",
    linkNotOpened: "The drawing in this link could not be opened. Reload the page to try again.",
  },
  prediction: {
    label: "Prediction",
    failed: "The model could not run.",
    inkKept: "Your drawing is safe.",
    retry: "Try again",
    /** Shown instead of a prediction. */
    placeholders: {
      loading: "Loading the model…",
      empty: "Nothing drawn yet",
      pending: "Predicting…",
    },
    digits: "Digits of the number",
    symbol: symbolOf,
    digit: (glyph: Glyph) => `${symbolOf(glyph)}, ${confidenceIn(glyph)}`,
    /** Beside the digits. */
    summary: (prediction: Prediction) => {
      const only = onlyGlyph(prediction);
      if (only === null) return countOf(prediction);
      return only.rejected ? "Probably not a digit" : digitWord(only.digit);
    },
    /** For screen readers: `seven`, `−12.4`, `12?4`, `12 and 34` or `Probably not a digit`. */
    announcement: (prediction: Prediction) => {
      const only = onlyGlyph(prediction);
      if (only === null) return numbersOf(prediction);
      return only.rejected ? "Probably not a digit" : digitWord(only.digit);
    },
    /** The confidence; for a number, the lowest confidence of the digits that are not rejected. */
    confidence: ({ glyphs }: Prediction) => {
      const [only, ...others] = glyphs;
      if (only !== undefined && others.length === 0) return confidenceIn(only);
      const confidences = accepted(glyphs).map(({ confidence }) => confidence);
      if (confidences.length === 0) return "no digit recognized";
      return `${atLeast(Math.min(...confidences))} confidence for each digit`;
    },
    /** The selected digit of a number. */
    selectedDigit: (index: number, glyph: Glyph) => `${ordinal(index)} digit, ${confidenceIn(glyph)}`,
  },
  input: {
    figure: "Fig. 2",
    caption: "The model’s input: 28 × 28 grey pixels.",
    none: "No image yet",
    label: "Your drawing as 28 by 28 pixels",
  },
  bars: {
    label: "Probability of each digit",
    figure: "Fig. 3",
    caption: "Probability of each digit.",
    none: "–",
  },
  modelInfo: {
    newer: "A newer model is available:",
    release: "Release",
    newerAccuracy: (accuracy: number) => `accuracy ${exactPercent(accuracy)} on test images.`,
    accept: "Use the newer model",
    model: "Model",
    accuracy: "Accuracy",
    accuracyOf: (accuracy: number, images: number) =>
      `${exactPercent(accuracy)} on ${count(images)} test images`,
    speed: "Speed",
    speedOf: (milliseconds: number | null, backend: ReleaseInfo["backend"]) =>
      `${milliseconds === null ? "Runs on" : `${milliseconds.toFixed(1)} ms for the last prediction, on`} ${
        backend === "wasm" ? "WebAssembly" : "plain JavaScript, because WebAssembly is not available"
      }`,
    fallback: "The published model could not be used,",
    fallbackTo: {
      bundled: "so the bundled model is running.",
      storage: "so this model is running.",
      cache: "so the cached model is running.",
    } satisfies Record<ReleaseInfo["origin"], string>,
    fallbackData: "Trained on fallback data.",
    fallbackDataWarning: "The real images were not available for training, so expect low accuracy.",
  },
} as const;

const accepted = (glyphs: readonly Glyph[]) => glyphs.filter(({ rejected }) => !rejected);

/** The digit without signs; null for other numbers. */
function onlyGlyph({ numbers }: Prediction): Glyph | null {
  const [only, ...others] = numbers.flat();
  return only === undefined || typeof only === "string" || others.length > 0 ? null : only;
}

/** `12`, or `12 and 34` for two lines. */
const numbersOf = ({ numbers }: Prediction) => enumerate(numbers.map(numberOf));

/** `three digits`, `two digits, one unknown`, or `two numbers`. */
function countOf({ numbers, glyphs }: Prediction): string {
  const digits = accepted(glyphs).length;
  if (digits === 0) return "Probably not digits";
  const [count, unit] = numbers.length > 1 ? [numbers.length, "number"] : [digits, "digit"];
  const known = `${digitWord(count)} ${unit}${count === 1 ? "" : "s"}`;
  return digits === glyphs.length ? known : `${known}, ${digitWord(glyphs.length - digits)} unknown`;
}

function confidenceIn({ digit, confidence, rejected }: Glyph): string {
  const text = `${percent(confidence)} confidence`;
  return rejected ? `closest digit: ${digitWord(digit)}, ${text}` : text;
}
