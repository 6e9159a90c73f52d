import { expect, it, vi } from "vitest";
import type { ImageResult } from "./messages";

vi.mock("@/lib/image/digitsFromImage", async (original) => ({
  ...(await original<object>()),
  digitsFromImage: () => {
    throw new RangeError("out of memory");
  },
}));

it("a picture that makes the worker stumble is answered all the same", async () => {
  const answers: ImageResult[] = [];
  const worker: {
    postMessage(answer: ImageResult): void;
    onmessage?(event: { data: Blob }): Promise<void>;
  } = { postMessage: (answer) => answers.push(answer) };
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
  expect(answers).toEqual([{ problem: "stopped" }]);
});
