/** A sheet, and the way back and forth. */
export interface History<Sheet> {
  readonly present: Sheet;
  /** Earlier sheets, oldest first. */
  readonly past: readonly Sheet[];
  /** Sheets undone, the next to redo last. */
  readonly future: readonly Sheet[];
}

type Any = History<unknown>;

/** With `next` in the place of the sheet. */
export function withNext<H extends Any>(history: H, next: H["present"]): H {
  return { ...history, present: next, past: [...history.past, history.present], future: [] };
}

/** A step back; the same object when there is none. */
export function undo<H extends Any>(history: H): H {
  const { present: sheet, past, future } = history;
  if (past.length === 0) return history;
  return { ...history, present: past.at(-1), past: past.slice(0, -1), future: [...future, sheet] };
}

/** A step forth again; the same object when there is none. */
export function redo<H extends Any>(history: H): H {
  const { present: sheet, past, future } = history;
  if (future.length === 0) return history;
  return { ...history, present: future.at(-1), past: [...past, sheet], future: future.slice(0, -1) };
}
