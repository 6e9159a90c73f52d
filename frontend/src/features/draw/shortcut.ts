/** Elements that handle keyboard shortcuts themselves. */
const TEXT_FIELDS = "input, textarea, select, [contenteditable]";

/** The command of a keyboard shortcut on the canvas or the pixel grid; null for other keys. */
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
