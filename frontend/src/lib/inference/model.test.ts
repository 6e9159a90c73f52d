import { expect, it, vi } from "vitest";
import { inBatches, testSpeed } from "./model";
import { loadInNode, readBundledRelease } from "./testing/bundledModel";
import type { Classifier } from "./types";

/** Load the bundled release with a changed `model.json`. */
function loadChanged(change: (model: string) => string) {
  const { manifest, files } = readBundledRelease();
  const model = change(new TextDecoder().decode(files.get("model.json")));
  const changed = new Map(files).set("model.json", Uint8Array.from(new TextEncoder().encode(model)).buffer);
  return loadInNode({ manifest, files: changed });
}

it("rejects a release whose weights overflow", async () => {
  const loading = loadChanged((model) => model.replaceAll(/"scale": ?[0-9.e-]+/g, '"scale":3e38'));
  await expect(loading).rejects.toMatchObject({ problem: { code: "invalidLogits" } });
});

it("rejects a release that does not recognize the test digit", async () => {
  const loading = loadChanged((model) => model.replaceAll(/"scale": ?[0-9.e-]+/g, '"scale":0'));
  await expect(loading).rejects.toMatchObject({ problem: { code: "misclassified", expected: 7 } });
});

it("rejects a release that does not return ten logits", async () => {
  const { manifest, files } = readBundledRelease();
  const [node] = /[\w/]*dense_1\/Relu/.exec(new TextDecoder().decode(files.get("model.json"))) ?? [];
  const loading = loadInNode({ manifest: { ...manifest, logits: node! }, files });
  await expect(loading).rejects.toMatchObject({ problem: { code: "invalidLogits" } });
});

it("reports a failing model, and computes at most eight images at once", async () => {
  const model = await loadInNode(readBundledRelease());
  const batches: number[] = [];
  const logits = vi.spyOn(model, "logits");
  const images = Array.from({ length: 20 }, (_, i) => new Uint8Array(784).fill(i));
  const inOneBatch = model.logits(images);
  logits.mockClear();
  const result = inBatches(model, () => batches.push(logits.mock.calls.length)).logits(images);
  expect(logits.mock.calls.map(([batch]) => batch.length)).toEqual([8, 8, 4]);
  expect(batches).toEqual([0, 1, 2]);
  result.forEach((values, i) => expect(values).toEqual(inOneBatch[i]));
  model.dispose();
  expect(() => model.logits(images)).toThrow("modelFailed");
});

it("returns no feature maps with invalid numbers", async () => {
  const { manifest, files } = readBundledRelease();
  const finite = vi.spyOn(Number, "isFinite");
  const model = await loadInNode({ manifest, files });
  const pixels = new Uint8Array(784).fill(255);
  expect(model.blocks(pixels)).not.toEqual([]);
  finite.mockImplementation((value) => value === 0);
  expect(() => model.blocks(pixels)).toThrow("invalidLogits");
  finite.mockRestore();
});

it("rejects a release that needs more than 5 seconds for eight images", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  try {
    const slow = (perImage: number): Classifier => ({
      temperature: 1,
      rejectionThreshold: 0,
      logits: (images) => {
        vi.advanceTimersByTime(perImage * images.length);
        return images.map(() => new Float32Array(10));
      },
    });
    expect(() => testSpeed(slow(620))).not.toThrow();
    expect(() => testSpeed(slow(630))).toThrow("tooSlow");
  } finally {
    vi.useRealTimers();
  }
});
