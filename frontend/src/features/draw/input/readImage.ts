import { ways } from "@/text/input";
import type { PictureAnswer } from "./messages";

type Subject = Extract<PictureAnswer, { subject: unknown }>["subject"];

/** Larger files are not opened. */
const LARGEST_FILE = 60e6;

let worker: Worker | null = null;

/** The digits on a picture, null when there are none to be had, and what to say of them. */
export async function look(file: Blob): Promise<{ readonly subject: Subject | null; readonly text: string }> {
  const answer = await examine(file);
  if ("problem" in answer) return { subject: null, text: ways.problems[answer.problem] };
  return { subject: answer.subject, text: ways.picture.found(answer.subject.digits.length) };
}

async function examine(file: Blob): Promise<PictureAnswer> {
  if (!file.type.startsWith("image/")) return { problem: "notImage" };
  if (file.size > LARGEST_FILE) return { problem: "tooLarge" };
  // Whoever asks anew does not wait for the last picture.
  worker?.terminate();
  const started = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  worker = started;
  try {
    return await new Promise<PictureAnswer>((resolve) => {
      started.onmessage = ({ data }: MessageEvent<PictureAnswer>) => resolve(data);
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
