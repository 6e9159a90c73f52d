/** What the visitor said of each reading: one drawing a reading, however often they choose. */

import type { LabelledDrawing } from "./drawings";
import { deleteDrawings, hasDrawing, saveDrawings, loadDrawings } from "./store";

const labels = new WeakMap<object, LabelledDrawing>();
const digits = new WeakMap<object, object[]>();

/** The sheet that was asked about first since the page was loaded. */
let first: object | null = null;

let last: Promise<unknown> = Promise.resolve();

/**
 * The reading of one of the digits on a sheet; the same one when the sheet is read anew, as it is after a look at another
 * page.
 *
 * @param input - The very sheet that was read.
 */
export function digitKey(input: object, digit: number): object {
  const ofSheet = digits.get(input) ?? [];
  digits.set(input, ofSheet);
  return (ofSheet[digit] ??= {});
}

/** What was last kept of the reading; null when nothing is. */
export function labelOf(key: object): LabelledDrawing | null {
  return labels.get(key) ?? null;
}

/**
 * Has `labelOf` say what the device keeps: of the very same ink from before this page was loaded, too, and no more of what
 * was deleted elsewhere.
 *
 * To find ink it reads all that is kept, so it looks for one sheet alone, the first: a reload, or a link, brings no other.
 *
 * @returns Whether `labelOf` says anything else now.
 * @throws StorageError
 */
export function restoreLabel(
  input: object,
  key: object,
  strokes: LabelledDrawing["strokes"],
): Promise<boolean> {
  first ??= input;
  return inTurn(async () => {
    const known = labels.get(key);
    if (known !== undefined) return !(await hasDrawing(known)) && labels.delete(key);
    const before = input === first ? await findDrawing(strokes) : undefined;
    if (before !== undefined) labels.set(key, before);
    return before !== undefined;
  });
}

/**
 * Keeps the drawing in the place of what was said of the reading before, which stays when this cannot be kept.
 *
 * @param reading - As `digitKey` gives it.
 * @throws StorageError
 */
export function saveLabel(key: object, drawing: LabelledDrawing): Promise<void> {
  return inTurn(async () => {
    const before = labels.get(key) ?? (await findDrawing(drawing.strokes));
    const kept = { ...drawing, id: before?.id ?? drawing.id };
    await saveDrawings([kept]);
    labels.set(key, kept);
  });
}

/** What was kept of the very same ink before this page was loaded: a reload brings the ink back, and not its readings. */
async function findDrawing(strokes: LabelledDrawing["strokes"]): Promise<LabelledDrawing | undefined> {
  if (strokes.length === 0) return undefined;
  const ink = JSON.stringify(strokes);
  return (await loadDrawings()).find((each) => JSON.stringify(each.strokes) === ink);
}

/** Deletes what was said of the reading. @throws StorageError */
export function removeLabel(key: object): Promise<void> {
  return inTurn(async () => {
    const kept = labels.get(key);
    if (kept === undefined) return;
    await deleteDrawings([kept]);
    labels.delete(key);
  });
}

/** Two quick presses are two turns: the second knows what the first one kept. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = last.then(work);
  last = done.catch(() => undefined);
  return done;
}
