/** The correction form, and the page of the labelled drawings. */

import type { LabelledDrawing, Label } from "@/lib/corrections/drawings";
import { an, ordinal, percent } from "./numbers";

/** Why the browser's storage cannot be used. */
const denied = "This browser stores no data for this site, which is common in private windows";
const timeout = "The browser’s storage does not answer";
const failed = "The browser’s storage failed";

/** @param position - Index of the digit in its number; null for a single digit. */
const theDigit = (position: number | null) => (position === null ? "it" : `the ${ordinal(position)} digit`);

const labelName = (label: Label) => (label === null ? "not a digit" : String(label));

export const correctionText = {
  heading: (position: number | null) =>
    position === null ? "Which digit is it?" : `Which digit is ${theDigit(position)}?`,
  shown: (position: number) => `The ${ordinal(position)} digit as the model’s input`,
  selectOther: "To correct another digit, tap it in the number.",
  private:
    "Your answer and the drawing are stored in this browser only and are not sent anywhere. You can view, save and delete them under",
  link: "Mistakes",
  digits: "Correct digit",
  none: "Not a digit",
  saved: (label: Label, wrong: boolean, position: number | null) => {
    const digit = label === null ? "not a digit" : an(label);
    return `Saved on this device: ${theDigit(position)} is ${digit}, and the prediction was ${wrong ? "wrong" : "correct"}.`;
  },
  remove: "Remove correction",
  removed: "Correction removed.",
  notSaved: {
    full: "The storage is full, so the drawing was not saved. Delete some drawings under Mistakes.",
    denied: `${denied}, so the drawing was not saved.`,
    timeout: `${timeout}, so the drawing may not be saved. Close other tabs of this site and try again.`,
    failed: `${failed}, so the drawing was not saved. Reload the page and try again.`,
  },
} as const;

export const correctionsPage = {
  title: "Mistakes",
  description: "Drawings that you labelled, stored on this device only.",
  heading: "Your labelled drawings",
  lead: "The drawings that you labelled, with the model’s predictions. They are stored in this browser only.",
  noScript: {
    need: "This page needs JavaScript.",
    why: "Your drawings are stored in this browser, and only a script can load them.",
  },
  loading: "Loading your drawings…",
  empty: {
    text: "No drawings yet. Draw a digit, tap “Wrong? Correct it” below the drawing area, and choose the correct digit.",
    link: "Draw a digit",
  },
  unavailable: {
    full: "The storage is full, so nothing was changed.",
    denied: `${denied}, so there is nothing to show. The rest of the site works as usual.`,
    timeout: `${timeout}, so your drawings cannot be shown. Close other tabs of this site and reload the page.`,
    failed: `${failed}, so your drawings cannot be shown. Reload the page, or delete this site’s data in the browser’s settings.`,
  },
  damaged: {
    text: (count: number) =>
      count === 1
        ? "One stored drawing is damaged and cannot be shown."
        : `${count} stored drawings are damaged and cannot be shown.`,
    delete: "Delete what is damaged",
    deleted: (count: number) =>
      count === 1 ? "One damaged drawing deleted." : `${count} damaged drawings deleted.`,
  },
  table: {
    caption: "Accuracy on your drawings",
    digit: "Digit",
    drawings: "Drawings",
    correct: "Correct",
    accuracy: "Accuracy",
    all: "All",
    none: "Not a digit",
    accuracyOf: (correct: number, drawings: number) => (drawings === 0 ? "–" : percent(correct / drawings)),
  },
  filter: {
    label: "Which drawings to show",
    mistakes: (count: number) => `Mistakes (${count})`,
    all: (count: number) => `All (${count})`,
  },
  noMistakes: "No mistakes so far.",
  drawing: ({ label, prediction }: LabelledDrawing) =>
    `Label: ${labelName(label)}, prediction: ${labelName(prediction)}`,
  label: (label: Label) => `${labelName(label)},`,
  predicted: (prediction: Label) => `predicted ${labelName(prediction)}`,
  delete: (drawing: LabelledDrawing) =>
    `Delete: label ${labelName(drawing.label)}, prediction ${labelName(drawing.prediction)}`,
  deleteShort: "Delete",
  deleteAll: "Delete all",
  confirm: (count: number) => (count === 1 ? "Delete this drawing?" : `Delete all ${count} drawings?`),
  confirmYes: "Yes, delete",
  confirmNo: "Cancel",
  deleted: (count: number) => (count === 1 ? "One drawing deleted." : `${count} drawings deleted.`),
  undo: "Undo",
  restored: (count: number) => (count === 1 ? "One drawing restored." : `${count} drawings restored.`),
  save: {
    heading: "Save your drawings",
    text: "JSON contains everything, including the strokes. IDX is the format of MNIST, ready for training: one file of images and one of labels, without drawings that are not digits.",
    json: "JSON",
    images: "IDX images",
    labels: "IDX labels",
  },
  files: { json: "ink-to-digit.json", images: "mine-images-idx3-ubyte", labels: "mine-labels-idx1-ubyte" },
} as const;
