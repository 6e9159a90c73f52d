/** A state with its undo and redo stacks. */
export interface History<State> {
  readonly present: State;
  /** Earlier states, oldest first. */
  readonly past: readonly State[];
  /** Undone states; the last one is redone first. */
  readonly future: readonly State[];
}

type AnyHistory = History<unknown>;

/** Push the present state to the undo stack, make `next` the present state, and clear the redo stack. */
export function withNext<H extends AnyHistory>(history: H, next: H["present"]): H {
  return { ...history, present: next, past: [...history.past, history.present], future: [] };
}

/** Undo one step. Returns the same object if there is none. */
export function undo<H extends AnyHistory>(history: H): H {
  const { present, past, future } = history;
  if (past.length === 0) return history;
  return { ...history, present: past.at(-1), past: past.slice(0, -1), future: [...future, present] };
}

/** Redo one step. Returns the same object if there is none. */
export function redo<H extends AnyHistory>(history: H): H {
  const { present, past, future } = history;
  if (future.length === 0) return history;
  return { ...history, present: future.at(-1), past: [...past, present], future: future.slice(0, -1) };
}
