/** The correction form, and the page of the labelled drawings. */

import type { LabelledDrawing, Label } from "@/lib/corrections/drawings";
import { ordinal, percent } from "./numbers";

/** Shown if the browser has no storage for the site. */
const noStorage = "This browser stores nothing for this site (some private windows are like that)";

/** @param position - Index of the digit in its number; null for a single digit. */
const theDigit = (position: number | null) => (position === null ? "it" : `the ${ordinal(position)} digit`);

const labelName = (truth: Label) => (truth === null ? "not a digit" : String(truth));

export const correctionText = {
  heading: (position: number | null) => `What was ${theDigit(position)} meant to be?`,
  shown: (position: number) => `The ${ordinal(position)} digit, as the network sees it`,
  selectOther: "To name another one, tap it in the number.",
  private:
    "Your answer and the drawing are kept in this browser, on this device, and are not sent anywhere. You can see, save and delete them under",
  link: "Mistakes",
  digits: "It was a",
  none: "Not a digit",
  saved: (truth: Label, wrong: boolean, position: number | null) => {
    const article = truth === 8 ? "an" : "a";
    const was = truth === null ? "not a digit" : `${article} ${truth}`;
    return `Kept on this device: ${theDigit(position)} was ${was}, and the network was ${wrong ? "wrong" : "right"}.`;
  },
  remove: "Take it back",
  removed: "Taken back.",
  full: "There is no room left on this device, so the drawing was not kept. Delete some under Mistakes.",
  unavailable: `${noStorage}, so the drawing was not kept.`,
} as const;

export const correctionsPage = {
  title: "Misread drawings",
  description: "Drawings that you named, kept on this device only.",
  heading: "Your drawings, and where the network went wrong",
  lead: "The drawings that you named, and what the network took them for. They are kept in this browser only.",
  noScript: {
    need: "This page needs JavaScript.",
    why: "Your drawings are kept in this browser, where only a script can find them.",
  },
  loading: "Looking for your drawings…",
  empty: {
    text: "Nothing is kept yet. Draw something, tap “It was a …” below the paper, and say what it was.",
    link: "Draw a digit",
  },
  unavailable: `${noStorage}, so there is nothing to show. The rest of the site works as usual.`,
  full: "There is no room left on this device, so that could not be done.",
  table: {
    caption: "How often the network was right",
    truth: "It was",
    drawings: "Drawings",
    correct: "Read right",
    accuracy: "Share",
    all: "All",
    none: "Not a digit",
    accuracyOf: (right: number, drawings: number) => (drawings === 0 ? "–" : percent(right / drawings)),
  },
  filter: {
    label: "Which drawings to show",
    mistakes: (count: number) => `Mistakes (${count})`,
    all: (count: number) => `All (${count})`,
  },
  noMistakes: "No mistakes so far.",
  drawing: ({ truth, read }: LabelledDrawing) => `Was ${labelName(truth)}, read as ${labelName(read)}`,
  was: (truth: Label) => `was ${labelName(truth)},`,
  read: (read: Label) => `read as ${labelName(read)}`,
  delete: (drawing: LabelledDrawing) =>
    `Delete: was ${labelName(drawing.truth)}, read as ${labelName(drawing.read)}`,
  deleteShort: "Delete",
  deleteAll: "Delete all",
  confirm: (count: number) => (count === 1 ? "Delete the one drawing?" : `Delete all ${count} drawings?`),
  confirmYes: "Yes, delete",
  confirmNo: "No, keep",
  deleted: (count: number) => (count === 1 ? "One drawing deleted." : `${count} drawings deleted.`),
  undo: "Undo",
  restored: (count: number) => (count === 1 ? "One drawing is back." : `${count} drawings are back.`),
  save: {
    heading: "Save them",
    text: "JSON holds everything, including the strokes. IDX is the format of MNIST, ready for training: one file of images and one of their labels, leaving out what is not a digit.",
    json: "JSON",
    images: "IDX images",
    labels: "IDX labels",
  },
  files: { json: "ink-to-digit.json", images: "mine-images-idx3-ubyte", labels: "mine-labels-idx1-ubyte" },
} as const;
