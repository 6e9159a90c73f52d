import { beforeEach, describe, expect, it, vi } from "vitest";
import { InferenceClient } from "./client";
import type { FromWorker, ToWorker } from "./messages";
import type { DrawingInput } from "@/lib/ink/drawingInput";
import type { Explanation, Prediction, ReleaseInfo } from "./types";
import type { Problem } from "./errors";

const problem: Problem = { code: "noBackend" };

/** A fake worker whose messages the tests send. */
class FakeWorker {
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

  reply(message: FromWorker): void {
    this.onmessage?.({ data: message } as MessageEvent<FromWorker>);
  }

  /** The received requests for predictions. */
  get requests() {
    return this.received.filter((message) => message.type === "predict");
  }

  /** Send a prediction for the last request. */
  predict(): void {
    this.reply({ type: "prediction", id: this.requests.at(-1)?.id ?? NaN, prediction });
  }
}

const load = { type: "load" } as const;
const release = { id: "0123456789abcdef" } as ReleaseInfo;
const prediction = { milliseconds: 3 } as Prediction;
const ink = (x: number): DrawingInput => ({ kind: "ink", strokes: [[{ x, y: 0 }]] });

let worker: FakeWorker;
let client: InferenceClient;
const events = { onReady: vi.fn(), onLoadEvent: vi.fn(), onPrediction: vi.fn(), onFailed: vi.fn() };

beforeEach(() => {
  vi.clearAllMocks();
  worker = new FakeWorker();
  client = new InferenceClient(worker as unknown as Worker, events);
});

describe("before the model is ready", () => {
  it("requests loading, and sends only the newest input when the model is ready", () => {
    client.predict(ink(1));
    const newest = ink(2);
    client.predict(newest);
    expect(worker.received).toEqual([load]);
    worker.reply({ type: "ready", release });
    expect(events.onReady).toHaveBeenCalledExactlyOnceWith(release);
    expect(worker.requests.map(({ input }) => input)).toEqual([newest]);
  });
});

describe("when the model is ready", () => {
  beforeEach(() => worker.reply({ type: "ready", release }));

  it("passes the prediction on with the same input object", () => {
    const input = ink(1);
    client.predict(input);
    worker.predict();
    expect(events.onPrediction).toHaveBeenCalledOnce();
    expect(events.onPrediction.mock.calls[0]?.[0]).toBe(prediction);
    expect(events.onPrediction.mock.calls[0]?.[1]).toBe(input);
  });

  it("sends one request at a time, and skips to the newest input", () => {
    const [first, , third] = [ink(1), ink(2), ink(3)].map((input) => {
      client.predict(input);
      return input;
    });
    expect(worker.requests.map(({ input }) => input)).toEqual([first]);
    worker.predict();
    expect(worker.requests.map(({ input }) => input)).toEqual([first, third]);
    worker.predict();
    expect(events.onPrediction.mock.calls.map(([, input]) => input)).toEqual([first, third]);
  });

  it("after cancel, ignores the pending and the queued request but predicts later inputs", () => {
    client.predict(ink(1));
    client.predict(ink(2));
    client.cancel();
    const fresh = ink(3);
    client.predict(fresh);
    worker.predict();
    expect(events.onPrediction).not.toHaveBeenCalled();
    worker.predict();
    expect(events.onPrediction.mock.calls.map(([, input]) => input)).toEqual([fresh]);
  });

  it("passes load events on, and sends the accepted update to the worker", () => {
    const event = { type: "updateAvailable", release } as const;
    worker.reply(event);
    expect(events.onLoadEvent).toHaveBeenCalledExactlyOnceWith(event);
    client.acceptUpdate();
    expect(worker.received.at(-1)).toEqual({ type: "acceptUpdate" });
  });

  it("ignores a prediction without a request", () => {
    worker.reply({ type: "prediction", id: 99, prediction });
    expect(events.onPrediction).not.toHaveBeenCalled();
  });
});

describe("on an error", () => {
  it("passes the worker's problem on and terminates it", () => {
    worker.reply({ type: "failed", problem });
    expect(events.onFailed).toHaveBeenCalledExactlyOnceWith(problem);
    expect(worker.terminated).toBe(true);
  });

  it("reports a crash once, and sends no more requests", () => {
    worker.reply({ type: "ready", release });
    const crash = { message: "out of memory", preventDefault: vi.fn() };
    const { onerror } = worker;
    onerror?.(crash as unknown as ErrorEvent);
    expect(events.onFailed).toHaveBeenCalledOnce();
    expect(events.onFailed.mock.calls[0]?.[0]).toEqual({ code: "workerStopped", message: "out of memory" });
    client.predict(ink(1));
    expect(worker.requests).toEqual([]);
  });

  it("sends no event after close", () => {
    client.close();
    worker.reply({ type: "ready", release });
    expect(events.onReady).not.toHaveBeenCalled();
    expect(worker.terminated).toBe(true);
  });
});

describe("an explanation", () => {
  const pixels = new Uint8Array(784);
  const explanation = { digit: 7 } as Explanation;
  const requests = () => worker.received.filter((message) => message.type === "explain");

  it("resolves for its own request, independently of predictions", async () => {
    worker.reply({ type: "ready", release });
    const [first, second] = [client.explain(pixels), client.explain(pixels)];
    client.predict(ink(1));
    expect(requests()).toHaveLength(2);
    worker.predict();
    worker.reply({ type: "explanation", id: requests()[1]!.id, explanation });
    worker.reply({ type: "explanation", id: requests()[0]!.id, explanation: null });
    expect(await second).toBe(explanation);
    expect(await first).toBeNull();
  });

  it("is null before the model is ready and when the worker fails", async () => {
    expect(await client.explain(pixels)).toBeNull();
    worker.reply({ type: "ready", release });
    const waiting = client.explain(pixels);
    worker.reply({ type: "failed", problem });
    expect(await waiting).toBeNull();
    expect(await client.explain(pixels)).toBeNull();
  });
});
