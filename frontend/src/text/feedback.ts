/** Feedback: what a drawing was meant to be, and the page of the visitor's own mistakes. */

import type { KeptDrawing, Truth } from "@/lib/feedback/drawings";
import { percent } from "./numbers";

const named = (truth: Truth) => (truth === null ? "not a digit" : String(truth));

export const feedback = {
  heading: "What was it meant to be?",
  private:
    "Your word and the drawing are kept in this browser, on this device, and sent nowhere. You can see, save and delete them under",
  link: "Mistakes",
  digits: "It was a",
  none: "Not a digit",
  kept: (truth: Truth, wrong: boolean) => {
    const article = truth === 8 ? "an" : "a";
    const was = truth === null ? "not a digit" : `${article} ${truth}`;
    return `Kept on this device: it was ${was}, and the network was ${wrong ? "wrong" : "right"}.`;
  },
  takeBack: "Take it back",
  takenBack: "Taken back.",
  full: "There is no room left on this device, so the drawing was not kept. Delete some under Mistakes.",
  refused: "This browser keeps nothing here, as in some private windows, so the drawing was not kept.",
} as const;

export const mistakes = {
  title: "Your mistakes",
  description: "Drawings that you named, kept on this device alone.",
  heading: "Your drawings, and where the network failed",
  lead: "Drawings that you named, and what the network took them for. They are kept in this browser alone.",
  loading: "Looking for your drawings…",
  empty: {
    text: "Nothing is kept yet. Draw something, tap “It was a …” below the paper, and say what it was.",
    link: "Draw a digit",
  },
  refused:
    "This browser keeps nothing here, as in some private windows, so there is nothing to show. Elsewhere on the site everything works.",
  full: "There is no room left on this device; that could not be done.",
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
  noMistakes: "No mistake among them so far.",
  drawing: ({ truth, read }: KeptDrawing) => `Was ${named(truth)}, read as ${named(read)}`,
  was: (truth: Truth) => `was ${named(truth)},`,
  read: (read: Truth) => `read as ${named(read)}`,
  delete: (drawing: KeptDrawing) => `Delete: was ${named(drawing.truth)}, read as ${named(drawing.read)}`,
  deleteSign: "Delete",
  deleteAll: "Delete all",
  confirm: (count: number) => (count === 1 ? "Delete the one drawing?" : `Delete all ${count} drawings?`),
  confirmYes: "Yes, delete",
  confirmNo: "No, keep",
  deleted: (count: number) => (count === 1 ? "One drawing deleted." : `${count} drawings deleted.`),
  undo: "Undo",
  restored: "Everything is back.",
  save: {
    heading: "Save them",
    text: "JSON holds everything, strokes too. IDX is the form in which MNIST comes, ready for training: one file of images and one of their labels, without what is no digit.",
    json: "JSON",
    images: "IDX images",
    labels: "IDX labels",
  },
  files: { json: "ink-to-digit.json", images: "mine-images-idx3-ubyte", labels: "mine-labels-idx1-ubyte" },
} as const;
