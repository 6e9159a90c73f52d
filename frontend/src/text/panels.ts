/** The row of panel buttons. Each panel has its own text file. */
export const panelsText = {
  panels: { why: "Why?", correction: "Wrong? Correct it", input: "Other input" },
  drop: "Drop the picture to recognize it",
  reading: "Reading the picture…",
  loadFailed: "This panel could not be loaded. Your drawing is safe. Try again.",
} as const;
