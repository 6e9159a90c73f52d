/** Stores drawings in the browser's IndexedDB. */

import { createStore, delMany, get, setMany, type UseStore, values } from "idb-keyval";
import type { LabelledDrawing } from "./drawings";

/** IndexedDB could not be read or written. */
export class StorageError extends Error {
  override readonly name = "StorageError";

  /** @param full - Whether the quota is exceeded; else IndexedDB is unavailable, as in some private windows. */
  constructor(readonly full: boolean) {
    super(full ? "the storage quota is exceeded" : "IndexedDB is unavailable");
  }
}

let opened: UseStore | null = null;

/** Insert drawings, or replace those with the same id. @throws StorageError */
export function saveDrawings(drawings: readonly LabelledDrawing[]): Promise<void> {
  return attempt((store) =>
    setMany(
      drawings.map((drawing) => [drawing.id, drawing]),
      store,
    ),
  );
}

/** All stored drawings, newest first. @throws StorageError */
export async function loadDrawings(): Promise<LabelledDrawing[]> {
  const drawings = await attempt((store) => values<LabelledDrawing>(store));
  return drawings.toSorted((a, b) => (a.id < b.id ? 1 : -1));
}

/** Whether a drawing with this id is stored. @throws StorageError */
export async function hasDrawing({ id }: LabelledDrawing): Promise<boolean> {
  return (await attempt((store) => get<LabelledDrawing>(id, store))) !== undefined;
}

/** Delete drawings by id. @throws StorageError */
export function deleteDrawings(drawings: readonly LabelledDrawing[]): Promise<void> {
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
    // Open it again at the next call.
    opened = null;
    throw new StorageError(error instanceof DOMException && error.name === "QuotaExceededError");
  }
}
