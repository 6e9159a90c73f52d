/** Where one writes text. */
const OWN_KEYS = "input, textarea, select, [contenteditable]";

/** What the keys pressed stand for, on the paper as in the grid of squares; null for nothing. */
export function shortcut(event: KeyboardEvent): "undo" | "redo" | "clear" | null {
  const key = event.key.toLowerCase();
  // Keys that somebody else has a use for are theirs.
  const taken = event.defaultPrevented || (event.target instanceof Element && event.target.matches(OWN_KEYS));
  if (taken || event.altKey) return null;
  if (event.ctrlKey || event.metaKey) {
    if (key === "z") return event.shiftKey ? "redo" : "undo";
    return key === "y" ? "redo" : null;
  }
  return key === "delete" || key === "backspace" ? "clear" : null;
}
