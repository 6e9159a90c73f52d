import { expect, it, vi } from "vitest";
import type { ImageResult } from "./messages";

vi.mock("@/lib/image/digitsFromImage", async (original) => ({
  ...(await original<object>()),
  digitsFromImage: () => {
    throw new RangeError("out of memory");
  },
}));

it("the worker reports a problem when reading an image throws", async () => {
  const results: ImageResult[] = [];
  const worker: {
    postMessage(result: ImageResult): void;
    onmessage?(event: { data: Blob }): Promise<void>;
  } = { postMessage: (result) => results.push(result) };
  vi.stubGlobal("self", worker);
  vi.stubGlobal("createImageBitmap", () => Promise.resolve({ width: 1, height: 1, close: () => {} }));
  vi.stubGlobal(
    "OffscreenCanvas",
    class {
      getContext() {
        return { drawImage: () => {}, getImageData: () => ({ data: new Uint8ClampedArray(4) }) };
      }
    },
  );
  await import("./worker");
  await worker.onmessage?.({ data: new Blob() }).catch(() => {});
  expect(results).toEqual([{ problem: "stopped" }]);
});
