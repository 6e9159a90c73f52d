/** A sheet, and the way back and forth. */
export interface History<Sheet> {
  readonly sheet: Sheet;
  /** Earlier sheets, oldest first. */
  readonly past: readonly Sheet[];
  /** Sheets undone, the next to redo last. */
  readonly future: readonly Sheet[];
}

type Any = History<unknown>;

/** With `next` in the place of the sheet. */
export function replaced<H extends Any>(history: H, next: H["sheet"]): H {
  return { ...history, sheet: next, past: [...history.past, history.sheet], future: [] };
}

/** A step back; the same object when there is none. */
export function undone<H extends Any>(history: H): H {
  const { sheet, past, future } = history;
  if (past.length === 0) return history;
  return { ...history, sheet: past.at(-1), past: past.slice(0, -1), future: [...future, sheet] };
}

/** A step forth again; the same object when there is none. */
export function redone<H extends Any>(history: H): H {
  const { sheet, past, future } = history;
  if (future.length === 0) return history;
  return { ...history, sheet: future.at(-1), past: [...past, sheet], future: future.slice(0, -1) };
}
