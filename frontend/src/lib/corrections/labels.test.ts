import { beforeEach, expect, it, vi } from "vitest";
import type { LabelledDrawing, Label } from "./drawings";
import { digitKey, restoreLabel, removeLabel, saveLabel, labelOf } from "./labels";

const device = vi.hoisted(() => ({ kept: new Map<string, LabelledDrawing>(), full: false }));
const truths = () => [...device.kept.values()].map(({ truth }) => truth);

vi.mock("./store", () => ({
  saveDrawings: async (drawings: readonly LabelledDrawing[]) => {
    await Promise.resolve();
    if (device.full) throw new Error("full");
    for (const drawing of drawings) device.kept.set(drawing.id, drawing);
  },
  hasDrawing: ({ id }: LabelledDrawing) => Promise.resolve(device.kept.has(id)),
  loadDrawings: () => Promise.resolve([...device.kept.values()]),
  deleteDrawings: async (drawings: readonly LabelledDrawing[]) => {
    await Promise.resolve();
    for (const { id } of drawings) device.kept.delete(id);
  },
}));

let drawn = 0;
const was = (truth: Label, strokes: LabelledDrawing["strokes"] = []): LabelledDrawing => ({
  id: `drawing ${drawn++}`,
  when: "2026-01-02T03:04:05.678Z",
  truth,
  read: 7,
  confidence: 0.75,
  release: "0123456789abcdef",
  pixels: new Uint8Array(784),
  strokes,
});

beforeEach(() => {
  device.kept.clear();
  device.full = false;
});

it("quick presses keep one drawing, the last", async () => {
  const reading = {};
  await Promise.all([saveLabel(reading, was(7)), saveLabel(reading, was(1)), saveLabel(reading, was(null))]);
  expect(truths()).toEqual([null]);
  expect(labelOf(reading)?.truth).toBeNull();
});

it("coming back to a reading corrects it", async () => {
  const [first, second] = [{}, {}];
  await saveLabel(first, was(3));
  await saveLabel(second, was(4));
  await saveLabel(first, was(5));
  expect(truths()).toEqual([5, 4]);
  expect([labelOf(first)?.truth, labelOf(second)?.truth]).toEqual([5, 4]);
});

it("ink that a reload brought back is corrected, too; other ink is another drawing", async () => {
  const seven = [
    [
      { x: 1, y: 2.5 },
      { x: 9, y: 2.5, pressure: 0.5 },
    ],
  ];
  await saveLabel({}, was(7, seven));
  await saveLabel({}, was(1, structuredClone(seven)));
  expect(truths()).toEqual([1]);
  await saveLabel({}, was(4, [...seven, [{ x: 5, y: 5 }]]));
  expect(truths()).toEqual([1, 4]);
});

it("what was said of the first sheet's ink before the page was loaded is known; later sheets are not looked for", async () => {
  const [two, six] = [[[{ x: 2, y: 2 }]], [[{ x: 6, y: 6 }]]];
  const before = was(2, structuredClone(two));
  device.kept.set(before.id, before);
  const [sheet, ofTwo, ofSix, other] = [{}, {}, {}, {}];
  expect(await restoreLabel(sheet, ofSix, six)).toBe(false);
  expect(await restoreLabel(sheet, ofTwo, two)).toBe(true);
  expect([labelOf(ofTwo)?.truth, labelOf(ofSix)]).toEqual([2, null]);
  expect(await restoreLabel({}, other, two)).toBe(false);
  expect(labelOf(other)).toBeNull();
  await removeLabel(ofTwo);
  expect(truths()).toEqual([]);
});

it("what was kept stays when its correction finds no room, and can be corrected later", async () => {
  const reading = {};
  await saveLabel(reading, was(2));
  device.full = true;
  await expect(saveLabel(reading, was(6))).rejects.toThrow("full");
  expect(truths()).toEqual([2]);
  expect(labelOf(reading)?.truth).toBe(2);
  device.full = false;
  await saveLabel(reading, was(6));
  expect(truths()).toEqual([6]);
});

it("what was taken back is gone, and said anew is one drawing", async () => {
  const reading = {};
  await saveLabel(reading, was(2));
  await removeLabel(reading);
  expect(device.kept.size).toBe(0);
  expect(labelOf(reading)).toBeNull();
  await Promise.all([saveLabel(reading, was(2)), removeLabel(reading), saveLabel(reading, was(8))]);
  expect(truths()).toEqual([8]);
});

it("what was deleted elsewhere is no longer said, on whichever sheet", async () => {
  const [sheet, other, reading] = [{}, {}, {}];
  await restoreLabel(sheet, {}, []);
  await saveLabel(reading, was(2));
  expect(await restoreLabel(other, reading, [])).toBe(false);
  expect(labelOf(reading)?.truth).toBe(2);
  device.kept.clear();
  expect(await restoreLabel(other, reading, [])).toBe(true);
  expect(labelOf(reading)).toBeNull();
});

it("a digit of a sheet is the same reading however often the sheet is read", () => {
  const [sheet, other] = [{}, {}];
  expect(digitKey(sheet, 1)).toBe(digitKey(sheet, 1));
  const distinct = new Set([digitKey(sheet, 0), digitKey(sheet, 1), digitKey(other, 0)]);
  expect(distinct.size).toBe(3);
});
