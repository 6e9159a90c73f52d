/** Where drawings are kept: this browser's IndexedDB, and nowhere else. */

import { createStore, delMany, get, setMany, type UseStore, values } from "idb-keyval";
import type { LabelledDrawing } from "./drawings";

/** The drawing could not be kept, found or deleted. */
export class StorageError extends Error {
  override readonly name = "StorageError";

  /** @param full - Whether there is no room; else this browser keeps nothing here, as in some private windows. */
  constructor(readonly full: boolean) {
    super(full ? "no room is left" : "this browser keeps nothing");
  }
}

let opened: UseStore | null = null;

/** @throws StorageError */
export function saveDrawings(drawings: readonly LabelledDrawing[]): Promise<void> {
  return attempt((store) =>
    setMany(
      drawings.map((drawing) => [drawing.id, drawing]),
      store,
    ),
  );
}

/** All that was kept, the newest first. @throws StorageError */
export async function loadDrawings(): Promise<LabelledDrawing[]> {
  const drawings = await attempt((store) => values<LabelledDrawing>(store));
  return drawings.toSorted((a, b) => (a.id < b.id ? 1 : -1));
}

/** @throws StorageError */
export async function hasDrawing({ id }: LabelledDrawing): Promise<boolean> {
  return (await attempt((store) => get<LabelledDrawing>(id, store))) !== undefined;
}

/** @throws StorageError */
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
    // The next attempt may find a browser that allows it.
    opened = null;
    throw new StorageError(error instanceof DOMException && error.name === "QuotaExceededError");
  }
}
