import { inputText } from "@/text/input";
import { type ImageResult, MAX_DIGITS } from "./messages";

type ImageInput = Extract<ImageResult, { input: unknown }>["input"];

/** In bytes. */
const MAX_FILE_SIZE = 60e6;

/** Four bytes each when decoded. The largest photographs of phones with a 50-megapixel camera are smaller. */
const MAX_PIXELS = 64e6;

const problems = inputText.problems({ megabytes: MAX_FILE_SIZE / 1e6, digits: MAX_DIGITS });

let worker: Worker | null = null;

/** An input and a message about the number of digits in its prediction, or why there is none. */
type ReadResult =
  | { readonly input: ImageInput; readonly found: (digits: number) => string }
  | { readonly input: null; readonly problem: string };

/** Find the digits in an image file. */
export async function readImage(file: Blob): Promise<ReadResult> {
  const result = await decodeInWorker(file);
  if ("problem" in result) return { input: null, problem: problems[result.problem] };
  return { input: result.input, found: inputText.picture.found };
}

async function decodeInWorker(file: Blob): Promise<ImageResult> {
  if (!file.type.startsWith("image/")) return { problem: "notImage" };
  if (file.size > MAX_FILE_SIZE) return { problem: "tooLarge" };
  const pixels = await countPixels(file).catch(() => null);
  if (pixels === null) return { problem: "notDecodable" };
  if (pixels > MAX_PIXELS) return { problem: "tooManyPixels" };
  // A new image replaces the one in progress.
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

/**
 * The number of pixels according to the file's header. A small file can contain a picture that needs gigabytes when decoded.
 * Browsers decode an image element only when it is painted.
 *
 * @throws Event if the browser cannot read the header.
 */
async function countPixels(file: Blob): Promise<number> {
  const url = URL.createObjectURL(file);
  try {
    const image = new Image();
    await new Promise((resolve, reject) => {
      image.onload = resolve;
      image.onerror = reject;
      image.src = url;
    });
    return image.naturalWidth * image.naturalHeight;
  } finally {
    URL.revokeObjectURL(url);
  }
}
