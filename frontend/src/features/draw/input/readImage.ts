import { inputText } from "@/text/input";
import type { ImageResult } from "./messages";

type ImageInput = Extract<ImageResult, { input: unknown }>["input"];

/** Larger files are not opened. */
const LARGEST_FILE = 60e6;

let worker: Worker | null = null;

/** The digits on a picture, null when there are none to be had, and what to say of them. */
export async function readImage(
  file: Blob,
): Promise<{ readonly input: ImageInput | null; readonly text: string }> {
  const result = await decodeInWorker(file);
  if ("problem" in result) return { input: null, text: inputText.problems[result.problem] };
  return { input: result.input, text: inputText.picture.found(result.input.digits.length) };
}

async function decodeInWorker(file: Blob): Promise<ImageResult> {
  if (!file.type.startsWith("image/")) return { problem: "notImage" };
  if (file.size > LARGEST_FILE) return { problem: "tooLarge" };
  // Whoever asks anew does not wait for the last picture.
  worker?.terminate();
  const started = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  worker = started;
  try {
    return await new Promise<ImageResult>((resolve) => {
      started.onmessage = ({ data }: MessageEvent<ImageResult>) => resolve(data);
      started.onerror = (event) => {
        event.preventDefault();
        resolve({ problem: "stopped" });
      };
      started.postMessage(file);
    });
  } finally {
    started.terminate();
  }
}
