/** The row of panel buttons. Each panel has its own text file. */
export const panelsText = {
  panels: { why: "Why?", feedback: "It was a …", input: "Picture, examples, grid" },
  drop: "Let go, and the picture will be read",
  reading: "Looking at the picture…",
  unreachable: "That part of the page could not be fetched. Your ink is kept: try again.",
} as const;
