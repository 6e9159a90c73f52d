/** Where drawings are kept: this browser's IndexedDB, and nowhere else. */

import { createStore, delMany, get, setMany, type UseStore, values } from "idb-keyval";
import type { KeptDrawing } from "./drawings";

/** The drawing could not be kept, found or deleted. */
export class KeepError extends Error {
  override readonly name = "KeepError";

  /** @param full - Whether there is no room; else this browser keeps nothing here, as in some private windows. */
  constructor(readonly full: boolean) {
    super(full ? "no room is left" : "this browser keeps nothing");
  }
}

let opened: UseStore | null = null;

/** @throws KeepError */
export function keep(drawings: readonly KeptDrawing[]): Promise<void> {
  return attempt((store) =>
    setMany(
      drawings.map((drawing) => [drawing.id, drawing]),
      store,
    ),
  );
}

/** All that was kept, the newest first. @throws KeepError */
export async function keptDrawings(): Promise<KeptDrawing[]> {
  const drawings = await attempt((store) => values<KeptDrawing>(store));
  return drawings.toSorted((a, b) => (a.id < b.id ? 1 : -1));
}

/** @throws KeepError */
export async function isKept({ id }: KeptDrawing): Promise<boolean> {
  return (await attempt((store) => get<KeptDrawing>(id, store))) !== undefined;
}

/** @throws KeepError */
export function forget(drawings: readonly KeptDrawing[]): Promise<void> {
  return attempt((store) =>
    delMany(
      drawings.map(({ id }) => id),
      store,
    ),
  );
}

async function attempt<T>(work: (store: UseStore) => Promise<T>): Promise<T> {
  try {
    opened ??= createStore("digits-feedback", "drawings");
    return await work(opened);
  } catch (error) {
    // The next attempt may find a browser that allows it.
    opened = null;
    throw new KeepError(error instanceof DOMException && error.name === "QuotaExceededError");
  }
}
