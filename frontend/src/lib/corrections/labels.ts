/** What the visitor said of each reading: one drawing a reading, however often they choose. */

import type { KeptDrawing } from "./drawings";
import { forget, isKept, keep, keptDrawings } from "./store";

const told = new WeakMap<object, KeptDrawing>();
const readings = new WeakMap<object, object[]>();

/** The sheet that was asked about first since the page was loaded. */
let first: object | null = null;

let last: Promise<unknown> = Promise.resolve();

/**
 * The reading of one of the digits on a sheet; the same one when the sheet is read anew, as it is after a look at another
 * page.
 *
 * @param subject - The very sheet that was read.
 */
export function readingOf(subject: object, digit: number): object {
  const ofSheet = readings.get(subject) ?? [];
  readings.set(subject, ofSheet);
  return (ofSheet[digit] ??= {});
}

/** What was last kept of the reading; null when nothing is. */
export function toldOf(reading: object): KeptDrawing | null {
  return told.get(reading) ?? null;
}

/**
 * Has `toldOf` say what the device keeps: of the very same ink from before this page was loaded, too, and no more of what
 * was deleted elsewhere.
 *
 * To find ink it reads all that is kept, so it looks for one sheet alone, the first: a reload, or a link, brings no other.
 *
 * @returns Whether `toldOf` says anything else now.
 * @throws KeepError
 */
export function recall(subject: object, reading: object, strokes: KeptDrawing["strokes"]): Promise<boolean> {
  first ??= subject;
  return inTurn(async () => {
    const known = told.get(reading);
    if (known !== undefined) return !(await isKept(known)) && told.delete(reading);
    const before = subject === first ? await keptOf(strokes) : undefined;
    if (before !== undefined) told.set(reading, before);
    return before !== undefined;
  });
}

/**
 * Keeps the drawing in the place of what was said of the reading before, which stays when this cannot be kept.
 *
 * @param reading - As `readingOf` gives it.
 * @throws KeepError
 */
export function tell(reading: object, drawing: KeptDrawing): Promise<void> {
  return inTurn(async () => {
    const before = told.get(reading) ?? (await keptOf(drawing.strokes));
    const kept = { ...drawing, id: before?.id ?? drawing.id };
    await keep([kept]);
    told.set(reading, kept);
  });
}

/** What was kept of the very same ink before this page was loaded: a reload brings the ink back, and not its readings. */
async function keptOf(strokes: KeptDrawing["strokes"]): Promise<KeptDrawing | undefined> {
  if (strokes.length === 0) return undefined;
  const ink = JSON.stringify(strokes);
  return (await keptDrawings()).find((each) => JSON.stringify(each.strokes) === ink);
}

/** Deletes what was said of the reading. @throws KeepError */
export function takeBack(reading: object): Promise<void> {
  return inTurn(async () => {
    const kept = told.get(reading);
    if (kept === undefined) return;
    await forget([kept]);
    told.delete(reading);
  });
}

/** Two quick presses are two turns: the second knows what the first one kept. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = last.then(work);
  last = done.catch(() => undefined);
  return done;
}
