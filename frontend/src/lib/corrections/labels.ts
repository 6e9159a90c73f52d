/** The visitor's labels. Each predicted digit has at most one stored drawing, which a new label overwrites. */

import type { LabelledDrawing } from "./drawings";
import { deleteDrawings, hasDrawing, saveDrawings, loadDrawings } from "./store";

/** Stored drawings by the key of `digitKey`. */
const labels = new WeakMap<object, LabelledDrawing>();

/** Keys of an input's digits, by index. */
const digitKeys = new WeakMap<object, object[]>();

/** The first input after the page was loaded. */
let firstInput: object | null = null;

let lastTask: Promise<unknown> = Promise.resolve();

/**
 * The key of one digit of an input. It is the same when the input is classified again.
 *
 * @param input - Compared by identity.
 * @param digit - Index of the digit in the prediction.
 */
export function digitKey(input: object, digit: number): object {
  const keys = digitKeys.get(input) ?? [];
  digitKeys.set(input, keys);
  return (keys[digit] ??= {});
}

/** The stored drawing of a key; null if there is none. */
export function labelOf(key: object): LabelledDrawing | null {
  return labels.get(key) ?? null;
}

/**
 * Synchronize `labelOf` with the store: find a drawing of the same strokes that was stored before the page was loaded, and
 * drop a drawing that was deleted elsewhere.
 *
 * Finding strokes reads the whole store. A reload or a link restores only the first input, so only that one is searched for.
 *
 * @returns Whether the result of `labelOf` changed.
 * @throws StorageError
 */
export function restoreLabel(
  input: object,
  key: object,
  strokes: LabelledDrawing["strokes"],
): Promise<boolean> {
  firstInput ??= input;
  return runSequentially(async () => {
    const known = labels.get(key);
    if (known !== undefined) return !(await hasDrawing(known)) && labels.delete(key);
    const stored = input === firstInput ? await findDrawing(strokes) : undefined;
    if (stored !== undefined) labels.set(key, stored);
    return stored !== undefined;
  });
}

/**
 * Store the drawing in place of the key's previous one, which remains if storing fails.
 *
 * @param key - From `digitKey`.
 * @throws StorageError
 */
export function saveLabel(key: object, drawing: LabelledDrawing): Promise<void> {
  return runSequentially(async () => {
    const stored = labels.get(key) ?? (await findDrawing(drawing.strokes));
    const saved = { ...drawing, id: stored?.id ?? drawing.id };
    await saveDrawings([saved]);
    labels.set(key, saved);
  });
}

/** The stored drawing of the same strokes. Needed because a reload restores the strokes but not their keys. */
async function findDrawing(strokes: LabelledDrawing["strokes"]): Promise<LabelledDrawing | undefined> {
  if (strokes.length === 0) return undefined;
  const ink = JSON.stringify(strokes);
  return (await loadDrawings()).drawings.find((drawing) => JSON.stringify(drawing.strokes) === ink);
}

/** Delete the stored drawing of a key. @throws StorageError */
export function removeLabel(key: object): Promise<void> {
  return runSequentially(async () => {
    const saved = labels.get(key);
    if (saved === undefined) return;
    await deleteDrawings([saved]);
    labels.delete(key);
  });
}

/** Run tasks one after the other, so that each sees what the previous one stored. */
function runSequentially<T>(task: () => Promise<T>): Promise<T> {
  const result = lastTask.then(task);
  lastTask = result.catch(() => undefined);
  return result;
}
