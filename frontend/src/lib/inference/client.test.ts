import { beforeEach, describe, expect, it, vi } from "vitest";
import { InferenceClient } from "./client";
import type { FromWorker, ToWorker } from "./messages";
import type { DrawingInput } from "@/lib/ink/drawingInput";
import type { Explanation, Prediction, ReleaseInfo } from "./types";
import type { Problem } from "./errors";

const problem: Problem = { code: "noBackend" };

/** The browser's Worker as the client sees it, answered by hand. */
class HandWorker {
  readonly received: ToWorker[] = [];
  terminated = false;
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;
  onmessageerror: (() => void) | null = null;

  postMessage(message: ToWorker): void {
    this.received.push(message);
  }

  terminate(): void {
    this.terminated = true;
  }

  say(message: FromWorker): void {
    this.onmessage?.({ data: message } as MessageEvent<FromWorker>);
  }

  /** The questions that it was sent. */
  get questions() {
    return this.received.filter((message) => message.type === "predict");
  }

  /** Answer the last question. */
  answer(): void {
    this.say({ type: "prediction", id: this.questions.at(-1)?.id ?? NaN, prediction });
  }
}

const load = { type: "load" } as const;
const release = { id: "0123456789abcdef" } as ReleaseInfo;
const prediction = { milliseconds: 3 } as Prediction;
const ink = (x: number): DrawingInput => ({ kind: "ink", strokes: [[{ x, y: 0 }]] });

let worker: HandWorker;
let client: InferenceClient;
const events = { onReady: vi.fn(), onLoadEvent: vi.fn(), onPrediction: vi.fn(), onFailed: vi.fn() };

beforeEach(() => {
  vi.clearAllMocks();
  worker = new HandWorker();
  client = new InferenceClient(worker as unknown as Worker, events);
});

describe("before the network is ready", () => {
  it("asks the worker to load, and keeps the newest question until it has", () => {
    client.predict(ink(1));
    const newest = ink(2);
    client.predict(newest);
    expect(worker.received).toEqual([load]);
    worker.say({ type: "ready", release });
    expect(events.onReady).toHaveBeenCalledExactlyOnceWith(release);
    expect(worker.questions.map(({ input }) => input)).toEqual([newest]);
  });
});

describe("once it is ready", () => {
  beforeEach(() => worker.say({ type: "ready", release }));

  it("answers with the very input that was asked about", () => {
    const input = ink(1);
    client.predict(input);
    worker.answer();
    expect(events.onPrediction).toHaveBeenCalledOnce();
    expect(events.onPrediction.mock.calls[0]?.[0]).toBe(prediction);
    expect(events.onPrediction.mock.calls[0]?.[1]).toBe(input);
  });

  it("has one question with the worker at a time, and skips to the newest", () => {
    const [first, , third] = [ink(1), ink(2), ink(3)].map((input) => {
      client.predict(input);
      return input;
    });
    expect(worker.questions.map(({ input }) => input)).toEqual([first]);
    worker.answer();
    expect(worker.questions.map(({ input }) => input)).toEqual([first, third]);
    worker.answer();
    expect(events.onPrediction.mock.calls.map(([, input]) => input)).toEqual([first, third]);
  });

  it("forgets what was asked and what waits, and goes on with what comes after", () => {
    client.predict(ink(1));
    client.predict(ink(2));
    client.cancel();
    const fresh = ink(3);
    client.predict(fresh);
    worker.answer();
    expect(events.onPrediction).not.toHaveBeenCalled();
    worker.answer();
    expect(events.onPrediction.mock.calls.map(([, input]) => input)).toEqual([fresh]);
  });

  it("passes news on, and the visitor's consent to the worker", () => {
    const news = { type: "updateAvailable", release } as const;
    worker.say(news);
    expect(events.onLoadEvent).toHaveBeenCalledExactlyOnceWith(news);
    client.acceptUpdate();
    expect(worker.received.at(-1)).toEqual({ type: "acceptUpdate" });
  });

  it("ignores an answer to nothing", () => {
    worker.say({ type: "prediction", id: 99, prediction });
    expect(events.onPrediction).not.toHaveBeenCalled();
  });
});

describe("when something breaks", () => {
  it("passes on the problem that the worker reports", () => {
    worker.say({ type: "failed", problem });
    expect(events.onFailed).toHaveBeenCalledExactlyOnceWith(problem);
    expect(worker.terminated).toBe(true);
  });

  it("reports a crash, once, and asks a dead worker nothing", () => {
    worker.say({ type: "ready", release });
    const crash = { message: "out of memory", preventDefault: vi.fn() };
    const { onerror } = worker;
    onerror?.(crash as unknown as ErrorEvent);
    expect(events.onFailed).toHaveBeenCalledOnce();
    expect(events.onFailed.mock.calls[0]?.[0]).toEqual({ code: "workerStopped", message: "out of memory" });
    client.predict(ink(1));
    expect(worker.questions).toEqual([]);
  });

  it("is silent after close", () => {
    client.close();
    worker.say({ type: "ready", release });
    expect(events.onReady).not.toHaveBeenCalled();
    expect(worker.terminated).toBe(true);
  });
});

describe("an explanation", () => {
  const pixels = new Uint8Array(784);
  const explanation = { digit: 7 } as Explanation;
  const asked = () => worker.received.filter((message) => message.type === "explain");

  it("comes to whoever asked for it, beside the answers", async () => {
    worker.say({ type: "ready", release });
    const [first, second] = [client.explain(pixels), client.explain(pixels)];
    client.predict(ink(1));
    expect(asked()).toHaveLength(2);
    worker.answer();
    worker.say({ type: "explanation", id: asked()[1]!.id, explanation });
    worker.say({ type: "explanation", id: asked()[0]!.id, explanation: null });
    expect(await second).toBe(explanation);
    expect(await first).toBeNull();
  });

  it("is none before the network is ready, and when the worker dies", async () => {
    expect(await client.explain(pixels)).toBeNull();
    worker.say({ type: "ready", release });
    const waiting = client.explain(pixels);
    worker.say({ type: "failed", problem });
    expect(await waiting).toBeNull();
    expect(await client.explain(pixels)).toBeNull();
  });
});
