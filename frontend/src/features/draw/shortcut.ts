/** Elements with keyboard shortcuts of their own. */
const TEXT_FIELDS = "input, textarea, select, [contenteditable]";

/** The command of a keyboard shortcut, for the paper and the pixel grid; null if there is none. */
export function shortcut(event: KeyboardEvent): "undo" | "redo" | "clear" | null {
  const key = event.key.toLowerCase();
  const handled =
    event.defaultPrevented || (event.target instanceof Element && event.target.matches(TEXT_FIELDS));
  if (handled || event.altKey) return null;
  if (event.ctrlKey || event.metaKey) {
    if (key === "z") return event.shiftKey ? "redo" : "undo";
    return key === "y" ? "redo" : null;
  }
  return key === "delete" || key === "backspace" ? "clear" : null;
}
