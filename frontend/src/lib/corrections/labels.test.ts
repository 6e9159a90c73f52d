import { beforeEach, expect, it, vi } from "vitest";
import type { KeptDrawing, Truth } from "./drawings";
import { readingOf, recall, takeBack, tell, toldOf } from "./labels";

const device = vi.hoisted(() => ({ kept: new Map<string, KeptDrawing>(), full: false }));
const truths = () => [...device.kept.values()].map(({ truth }) => truth);

vi.mock("./store", () => ({
  keep: async (drawings: readonly KeptDrawing[]) => {
    await Promise.resolve();
    if (device.full) throw new Error("full");
    for (const drawing of drawings) device.kept.set(drawing.id, drawing);
  },
  isKept: ({ id }: KeptDrawing) => Promise.resolve(device.kept.has(id)),
  keptDrawings: () => Promise.resolve([...device.kept.values()]),
  forget: async (drawings: readonly KeptDrawing[]) => {
    await Promise.resolve();
    for (const { id } of drawings) device.kept.delete(id);
  },
}));

let drawn = 0;
const was = (truth: Truth, strokes: KeptDrawing["strokes"] = []): KeptDrawing => ({
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
  await Promise.all([tell(reading, was(7)), tell(reading, was(1)), tell(reading, was(null))]);
  expect(truths()).toEqual([null]);
  expect(toldOf(reading)?.truth).toBeNull();
});

it("coming back to a reading corrects it", async () => {
  const [first, second] = [{}, {}];
  await tell(first, was(3));
  await tell(second, was(4));
  await tell(first, was(5));
  expect(truths()).toEqual([5, 4]);
  expect([toldOf(first)?.truth, toldOf(second)?.truth]).toEqual([5, 4]);
});

it("ink that a reload brought back is corrected, too; other ink is another drawing", async () => {
  const seven = [
    [
      { x: 1, y: 2.5 },
      { x: 9, y: 2.5, pressure: 0.5 },
    ],
  ];
  await tell({}, was(7, seven));
  await tell({}, was(1, structuredClone(seven)));
  expect(truths()).toEqual([1]);
  await tell({}, was(4, [...seven, [{ x: 5, y: 5 }]]));
  expect(truths()).toEqual([1, 4]);
});

it("what was said of the first sheet's ink before the page was loaded is known; later sheets are not looked for", async () => {
  const [two, six] = [[[{ x: 2, y: 2 }]], [[{ x: 6, y: 6 }]]];
  const before = was(2, structuredClone(two));
  device.kept.set(before.id, before);
  const [sheet, ofTwo, ofSix, other] = [{}, {}, {}, {}];
  expect(await recall(sheet, ofSix, six)).toBe(false);
  expect(await recall(sheet, ofTwo, two)).toBe(true);
  expect([toldOf(ofTwo)?.truth, toldOf(ofSix)]).toEqual([2, null]);
  expect(await recall({}, other, two)).toBe(false);
  expect(toldOf(other)).toBeNull();
  await takeBack(ofTwo);
  expect(truths()).toEqual([]);
});

it("what was kept stays when its correction finds no room, and can be corrected later", async () => {
  const reading = {};
  await tell(reading, was(2));
  device.full = true;
  await expect(tell(reading, was(6))).rejects.toThrow("full");
  expect(truths()).toEqual([2]);
  expect(toldOf(reading)?.truth).toBe(2);
  device.full = false;
  await tell(reading, was(6));
  expect(truths()).toEqual([6]);
});

it("what was taken back is gone, and said anew is one drawing", async () => {
  const reading = {};
  await tell(reading, was(2));
  await takeBack(reading);
  expect(device.kept.size).toBe(0);
  expect(toldOf(reading)).toBeNull();
  await Promise.all([tell(reading, was(2)), takeBack(reading), tell(reading, was(8))]);
  expect(truths()).toEqual([8]);
});

it("what was deleted elsewhere is no longer said, on whichever sheet", async () => {
  const [sheet, other, reading] = [{}, {}, {}];
  await recall(sheet, {}, []);
  await tell(reading, was(2));
  expect(await recall(other, reading, [])).toBe(false);
  expect(toldOf(reading)?.truth).toBe(2);
  device.kept.clear();
  expect(await recall(other, reading, [])).toBe(true);
  expect(toldOf(reading)).toBeNull();
});

it("a digit of a sheet is the same reading however often the sheet is read", () => {
  const [sheet, other] = [{}, {}];
  expect(readingOf(sheet, 1)).toBe(readingOf(sheet, 1));
  const distinct = new Set([readingOf(sheet, 0), readingOf(sheet, 1), readingOf(other, 0)]);
  expect(distinct.size).toBe(3);
});
