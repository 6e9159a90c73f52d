/** The row below the instrument; what its panels say comes with them. */
export const panelsText = {
  panels: { why: "Why?", feedback: "It was a …", ways: "Picture, examples, grid" },
  drop: "Let go, and the picture will be read",
  reading: "Looking at the picture…",
  unreachable: "That part of the page could not be fetched. Your ink is kept: try again.",
} as const;
