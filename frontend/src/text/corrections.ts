/** Feedback: what a drawing was meant to be, and the page of the drawings that were named. */

import type { LabelledDrawing, Label } from "@/lib/corrections/drawings";
import { ordinal, percent } from "./numbers";

/** Said where nothing can be kept. */
const storesNothing = "This browser stores nothing for this site (some private windows are like that)";

/** Of a number, by its place in it, from 0; null for a digit that stands alone. */
const theDigit = (which: number | null) => (which === null ? "it" : `the ${ordinal(which)} digit`);

const named = (truth: Label) => (truth === null ? "not a digit" : String(truth));

export const correctionText = {
  heading: (which: number | null) => `What was ${theDigit(which)} meant to be?`,
  shown: (which: number) => `The ${ordinal(which)} digit, as the network sees it`,
  others: "To name another one, tap it in the number.",
  private:
    "Your answer and the drawing are kept in this browser, on this device, and are not sent anywhere. You can see, save and delete them under",
  link: "Mistakes",
  digits: "It was a",
  none: "Not a digit",
  kept: (truth: Label, wrong: boolean, which: number | null) => {
    const article = truth === 8 ? "an" : "a";
    const was = truth === null ? "not a digit" : `${article} ${truth}`;
    return `Kept on this device: ${theDigit(which)} was ${was}, and the network was ${wrong ? "wrong" : "right"}.`;
  },
  takeBack: "Take it back",
  takenBack: "Taken back.",
  full: "There is no room left on this device, so the drawing was not kept. Delete some under Mistakes.",
  refused: `${storesNothing}, so the drawing was not kept.`,
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
  refused: `${storesNothing}, so there is nothing to show. The rest of the site works as usual.`,
  full: "There is no room left on this device, so that could not be done.",
  table: {
    caption: "How often the network was right",
    truth: "It was",
    drawings: "Drawings",
    right: "Read right",
    share: "Share",
    all: "All",
    none: "Not a digit",
    shareOf: (right: number, drawings: number) => (drawings === 0 ? "–" : percent(right / drawings)),
  },
  filter: {
    label: "Which drawings to show",
    mistakes: (count: number) => `Mistakes (${count})`,
    all: (count: number) => `All (${count})`,
  },
  noMistakes: "No mistakes so far.",
  drawing: ({ truth, read }: LabelledDrawing) => `Was ${named(truth)}, read as ${named(read)}`,
  was: (truth: Label) => `was ${named(truth)},`,
  read: (read: Label) => `read as ${named(read)}`,
  delete: (drawing: LabelledDrawing) => `Delete: was ${named(drawing.truth)}, read as ${named(drawing.read)}`,
  deleteSign: "Delete",
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
