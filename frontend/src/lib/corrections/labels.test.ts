import { beforeEach, expect, it, vi } from "vitest";
import type { LabelledDrawing, Label } from "./drawings";
import { digitKey, restoreLabel, removeLabel, saveLabel, labelOf } from "./labels";

/** Replaces the IndexedDB store. */
const store = vi.hoisted(() => ({ drawings: new Map<string, LabelledDrawing>(), full: false }));
const storedLabels = () => [...store.drawings.values()].map(({ label }) => label);

vi.mock("./store", () => ({
  saveDrawings: async (drawings: readonly LabelledDrawing[]) => {
    await Promise.resolve();
    if (store.full) throw new Error("full");
    for (const drawing of drawings) store.drawings.set(drawing.id, drawing);
  },
  hasDrawing: ({ id }: LabelledDrawing) => Promise.resolve(store.drawings.has(id)),
  loadDrawings: () => Promise.resolve({ drawings: [...store.drawings.values()], damaged: [] }),
  deleteDrawings: async (drawings: readonly LabelledDrawing[]) => {
    await Promise.resolve();
    for (const { id } of drawings) store.drawings.delete(id);
  },
}));

let drawn = 0;
const labelled = (label: Label, strokes: LabelledDrawing["strokes"] = []): LabelledDrawing => ({
  id: `drawing ${drawn++}`,
  when: "2026-01-02T03:04:05.678Z",
  label,
  prediction: 7,
  confidence: 0.75,
  release: "0123456789abcdef",
  pixels: new Uint8Array(784),
  strokes,
});

beforeEach(() => {
  store.drawings.clear();
  store.full = false;
});

it("after several labels in quick succession, only the last is stored", async () => {
  const key = {};
  await Promise.all([
    saveLabel(key, labelled(7)),
    saveLabel(key, labelled(1)),
    saveLabel(key, labelled(null)),
  ]);
  expect(storedLabels()).toEqual([null]);
  expect(labelOf(key)?.label).toBeNull();
});

it("a new label for an earlier key replaces its drawing", async () => {
  const [first, second] = [{}, {}];
  await saveLabel(first, labelled(3));
  await saveLabel(second, labelled(4));
  await saveLabel(first, labelled(5));
  expect(storedLabels()).toEqual([5, 4]);
  expect([labelOf(first)?.label, labelOf(second)?.label]).toEqual([5, 4]);
});

it("a label for the same strokes under a new key replaces the drawing; other strokes are stored separately", async () => {
  const seven = [
    [
      { x: 1, y: 2.5 },
      { x: 9, y: 2.5, pressure: 0.5 },
    ],
  ];
  await saveLabel({}, labelled(7, seven));
  await saveLabel({}, labelled(1, structuredClone(seven)));
  expect(storedLabels()).toEqual([1]);
  await saveLabel({}, labelled(4, [...seven, [{ x: 5, y: 5 }]]));
  expect(storedLabels()).toEqual([1, 4]);
});

it("the label of the first input's strokes is restored after a reload; later inputs are not searched for", async () => {
  const [two, six] = [[[{ x: 2, y: 2 }]], [[{ x: 6, y: 6 }]]];
  const before = labelled(2, structuredClone(two));
  store.drawings.set(before.id, before);
  const [input, keyOfTwo, keyOfSix, otherKey] = [{}, {}, {}, {}];
  expect(await restoreLabel(input, keyOfSix, six)).toBe(false);
  expect(await restoreLabel(input, keyOfTwo, two)).toBe(true);
  expect([labelOf(keyOfTwo)?.label, labelOf(keyOfSix)]).toEqual([2, null]);
  expect(await restoreLabel({}, otherKey, two)).toBe(false);
  expect(labelOf(otherKey)).toBeNull();
  await removeLabel(keyOfTwo);
  expect(storedLabels()).toEqual([]);
});

it("if storing fails, the previous drawing remains and can be replaced later", async () => {
  const key = {};
  await saveLabel(key, labelled(2));
  store.full = true;
  await expect(saveLabel(key, labelled(6))).rejects.toThrow("full");
  expect(storedLabels()).toEqual([2]);
  expect(labelOf(key)?.label).toBe(2);
  store.full = false;
  await saveLabel(key, labelled(6));
  expect(storedLabels()).toEqual([6]);
});

it("a removed label is deleted, and labelling again stores one drawing", async () => {
  const key = {};
  await saveLabel(key, labelled(2));
  await removeLabel(key);
  expect(store.drawings.size).toBe(0);
  expect(labelOf(key)).toBeNull();
  await Promise.all([saveLabel(key, labelled(2)), removeLabel(key), saveLabel(key, labelled(8))]);
  expect(storedLabels()).toEqual([8]);
});

it("a drawing that was deleted elsewhere is dropped, for any input", async () => {
  const [first, other, key] = [{}, {}, {}];
  await restoreLabel(first, {}, []);
  await saveLabel(key, labelled(2));
  expect(await restoreLabel(other, key, [])).toBe(false);
  expect(labelOf(key)?.label).toBe(2);
  store.drawings.clear();
  expect(await restoreLabel(other, key, [])).toBe(true);
  expect(labelOf(key)).toBeNull();
});

it("the key of a digit stays the same when the input is classified again", () => {
  const [input, other] = [{}, {}];
  expect(digitKey(input, 1)).toBe(digitKey(input, 1));
  const distinct = new Set([digitKey(input, 0), digitKey(input, 1), digitKey(other, 0)]);
  expect(distinct.size).toBe(3);
});
