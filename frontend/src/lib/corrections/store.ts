/** Labelled drawings in the browser's IndexedDB. */

import { createStore, delMany, get, setMany, type UseStore, values } from "idb-keyval";
import type { Label, LabelledDrawing } from "./drawings";

/** IndexedDB could not be read or written. */
export class StorageError extends Error {
  override readonly name = "StorageError";

  /** @param full - Whether the quota is exceeded; else IndexedDB is unavailable, as in some private windows. */
  constructor(readonly full: boolean) {
    super(full ? "the storage quota is exceeded" : "IndexedDB is unavailable");
  }
}

/** A drawing as it is stored: `truth` is its label and `read` its prediction. */
type StoredDrawing = Omit<LabelledDrawing, "label" | "prediction"> & {
  readonly truth: Label;
  readonly read: Label;
};

let opened: UseStore | null = null;

/** Insert drawings, or replace those with the same id. @throws StorageError */
export function saveDrawings(drawings: readonly LabelledDrawing[]): Promise<void> {
  return attempt((store) =>
    setMany(
      drawings.map((drawing) => [drawing.id, toStored(drawing)]),
      store,
    ),
  );
}

/** All stored drawings, newest first. @throws StorageError */
export async function loadDrawings(): Promise<LabelledDrawing[]> {
  const stored = await attempt((store) => values<StoredDrawing>(store));
  return stored.map(fromStored).toSorted((a, b) => (a.id < b.id ? 1 : -1));
}

/** Whether a drawing with this id is stored. @throws StorageError */
export async function hasDrawing({ id }: LabelledDrawing): Promise<boolean> {
  return (await attempt((store) => get<StoredDrawing>(id, store))) !== undefined;
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

function toStored({ label, prediction, ...rest }: LabelledDrawing): StoredDrawing {
  return { ...rest, truth: label, read: prediction };
}

function fromStored({ truth, read, ...rest }: StoredDrawing): LabelledDrawing {
  return { ...rest, label: truth, prediction: read };
}

/** Run `work` on the opened store. @throws StorageError */
async function attempt<T>(work: (store: UseStore) => Promise<T>): Promise<T> {
  try {
    opened ??= createStore("digits-feedback", "drawings");
    return await work(opened);
  } catch (error) {
    // The next call opens the store again.
    opened = null;
    throw new StorageError(error instanceof DOMException && error.name === "QuotaExceededError");
  }
}
