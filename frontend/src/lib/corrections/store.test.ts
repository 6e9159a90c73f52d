import fc from "fast-check";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { LabelledDrawing } from "./drawings";
import { deleteRecords, loadDrawings, saveDrawings, type StorageError } from "./store";

/** Replaces IndexedDB. `before` runs before each operation. */
const database = vi.hoisted(() => ({
  records: new Map<unknown, unknown>(),
  before: (): Promise<void> => Promise.resolve(),
}));

vi.mock("idb-keyval", () => ({
  createStore: () => null,
  setMany: async (added: [unknown, unknown][]) => {
    await database.before();
    for (const [key, record] of added) database.records.set(key, record);
  },
  entries: async () => {
    await database.before();
    return [...database.records];
  },
  delMany: async (keys: unknown[]) => {
    await database.before();
    for (const key of keys) database.records.delete(key);
  },
}));

beforeEach(() => {
  vi.stubGlobal("indexedDB", {});
  database.records.clear();
  database.before = () => Promise.resolve();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const drawing = (id: string, label: number): LabelledDrawing => ({
  id,
  when: "2026-01-02T03:04:05.678Z",
  label,
  prediction: null,
  confidence: 0.75,
  release: "0123456789abcdef",
  pixels: new Uint8Array(784),
  strokes: [[{ x: 1, y: 0.5 }]],
});

it("records keep the keys that earlier versions of the site stored", async () => {
  const { label, prediction, ...rest } = drawing("a", 7);
  await saveDrawings([drawing("a", 7)]);
  expect([...database.records]).toEqual([["a", { ...rest, truth: label, read: prediction }]]);
});

it("saved drawings are loaded unchanged, newest first", async () => {
  const drawings = [drawing("a", 7), drawing("b", 8)];
  await saveDrawings(drawings);
  expect(await loadDrawings()).toEqual({ drawings: drawings.toReversed(), damaged: [] });
});

const { label, prediction, ...rest } = drawing("a", 7);
const stored = { ...rest, truth: label, read: prediction };

it.each([
  ["null", null],
  ["an empty object", {}],
  ["text", "a"],
  ["another id", { ...stored, id: "b" }],
  ["the label 10", { ...stored, truth: 10 }],
  ["a label as text", { ...stored, truth: "7" }],
  ["no prediction", { ...stored, read: undefined }],
  ["an infinite confidence", { ...stored, confidence: Infinity }],
  ["a confidence that is not a number", { ...stored, confidence: NaN }],
  ["783 pixels", { ...stored, pixels: new Uint8Array(783) }],
  ["pixels as an array", { ...stored, pixels: Array(784).fill(0) }],
  ["no strokes", { ...stored, strokes: null }],
  ["a point without coordinates", { ...stored, strokes: [[{}]] }],
  ["a number as its time", { ...stored, when: 1 }],
])("a record with %s is damaged and can be deleted; others are loaded", async (_, record) => {
  await saveDrawings([drawing("b", 8)]);
  database.records.set("a", record);
  expect(await loadDrawings()).toEqual({ drawings: [drawing("b", 8)], damaged: ["a"] });
  await deleteRecords(["a"]);
  expect(await loadDrawings()).toEqual({ drawings: [drawing("b", 8)], damaged: [] });
});

it("records with other values are damaged", async () => {
  const anyRecord = fc.oneof(
    fc.anything(),
    fc.record(Object.fromEntries(Object.keys(stored).map((key) => [key, fc.anything()]))),
  );
  await fc.assert(
    fc.asyncProperty(anyRecord, async (record) => {
      database.records.set("a", record);
      expect((await loadDrawings()).damaged).toEqual(["a"]);
    }),
    { seed: 1, numRuns: 200 },
  );
});

const failure = (problem: string) => expect.objectContaining({ problem }) as StorageError;

it.each([
  ["QuotaExceededError", "full"],
  ["SecurityError", "denied"],
  ["InvalidStateError", "denied"],
  ["UnknownError", "failed"],
  ["NotFoundError", "failed"],
])("%s means: %s", async (name, problem) => {
  database.before = () => Promise.reject(new DOMException("", name));
  await expect(loadDrawings()).rejects.toEqual(failure(problem));
});

it("a browser without IndexedDB stores nothing", async () => {
  vi.stubGlobal("indexedDB", undefined);
  database.before = () => Promise.reject(new ReferenceError("indexedDB is not defined"));
  await expect(loadDrawings()).rejects.toEqual(failure("denied"));
});

it("an operation that hangs fails after a time limit", async () => {
  vi.useFakeTimers();
  database.before = () => new Promise(() => {});
  const result = expect(saveDrawings([drawing("a", 7)])).rejects.toEqual(failure("timeout"));
  await vi.advanceTimersByTimeAsync(10_000);
  await result;
});
