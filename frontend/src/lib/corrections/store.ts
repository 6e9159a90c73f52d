/** Labelled drawings in the browser's IndexedDB. */

import { createStore, delMany, entries, get, setMany, type UseStore } from "idb-keyval";
import type { LabelledDrawing } from "./drawings";
import { fromStored, toStored } from "./storedDrawing";

/** Milliseconds after which an operation has failed. Some browsers never answer, for example while another tab blocks. */
const TIME_LIMIT = 5_000;

/** `full`: the quota is exceeded. `denied`: the browser stores nothing for the site, as in some private windows. */
export type StorageProblem = "full" | "denied" | "timeout" | "failed";

/** IndexedDB could not be read or written. */
export class StorageError extends Error {
  override readonly name = "StorageError";

  constructor(
    readonly problem: StorageProblem,
    options?: ErrorOptions,
  ) {
    super(problem, options);
  }
}

export interface StoredDrawings {
  /** Newest first. */
  readonly drawings: readonly LabelledDrawing[];
  /** Keys of the records that are not drawings. */
  readonly damaged: readonly IDBValidKey[];
}

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

/** All stored drawings. @throws StorageError */
export async function loadDrawings(): Promise<StoredDrawings> {
  const records = await attempt((store) => entries<IDBValidKey, unknown>(store));
  const parsed = records.map(([key, record]) => ({ key, drawing: fromStored(key, record) }));
  return {
    drawings: parsed
      .flatMap(({ drawing }) => (drawing === null ? [] : [drawing]))
      .sort((a, b) => (a.id < b.id ? 1 : -1)),
    damaged: parsed.flatMap(({ key, drawing }) => (drawing === null ? [key] : [])),
  };
}

/** Whether a drawing with this id is stored. @throws StorageError */
export async function hasDrawing({ id }: LabelledDrawing): Promise<boolean> {
  return fromStored(id, await attempt((store) => get<unknown>(id, store))) !== null;
}

/** @throws StorageError */
export function deleteDrawings(drawings: readonly LabelledDrawing[]): Promise<void> {
  return deleteRecords(drawings.map(({ id }) => id));
}

/** Delete records by key. @throws StorageError */
export function deleteRecords(keys: readonly IDBValidKey[]): Promise<void> {
  return attempt((store) => delMany([...keys], store));
}

/** Run `work` on the opened store. @throws StorageError */
async function attempt<T>(work: (store: UseStore) => Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    opened ??= createStore("digits-feedback", "drawings");
    const expired = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new StorageError("timeout")), TIME_LIMIT);
    });
    return await Promise.race([work(opened), expired]);
  } catch (error) {
    // The next call opens the store again.
    opened = null;
    throw error instanceof StorageError ? error : new StorageError(problemOf(error), { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

function problemOf(error: unknown): StorageProblem {
  if (typeof indexedDB === "undefined") return "denied";
  const name = error instanceof DOMException ? error.name : "";
  if (name === "QuotaExceededError") return "full";
  // Firefox throws InvalidStateError in private windows.
  return name === "SecurityError" || name === "InvalidStateError" ? "denied" : "failed";
}
