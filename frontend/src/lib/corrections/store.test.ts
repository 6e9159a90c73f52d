import { expect, it, vi } from "vitest";
import type { LabelledDrawing } from "./drawings";
import { loadDrawings, saveDrawings } from "./store";

/** Replaces IndexedDB. */
const records = vi.hoisted(() => new Map<string, Record<string, unknown>>());

vi.mock("idb-keyval", () => ({
  createStore: () => null,
  setMany: (entries: [string, Record<string, unknown>][]) => {
    for (const [id, record] of entries) records.set(id, record);
    return Promise.resolve();
  },
  values: () => Promise.resolve([...records.values()]),
}));

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
  expect([...records]).toEqual([["a", { ...rest, truth: label, read: prediction }]]);
});

it("saved drawings are loaded unchanged, newest first", async () => {
  const drawings = [drawing("a", 7), drawing("b", 8)];
  await saveDrawings(drawings);
  expect(await loadDrawings()).toEqual(drawings.toReversed());
});
