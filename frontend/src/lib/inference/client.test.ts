import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { InferenceClient } from "./client";
import type { FromWorker, ToWorker } from "./messages";
import type { VerifiedRelease } from "./release/types";
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

const load = { type: "load", excluded: [] } as const;
const release = { id: "0123456789abcdef" } as ReleaseInfo;
const other = { id: "fedcba9876543210" } as ReleaseInfo;
const prediction = { milliseconds: 3 } as Prediction;
const ink = (x: number): DrawingInput => ({ kind: "ink", strokes: [[{ x, y: 0 }]] });

/** All workers that the client has started, and the first one. */
let workers: FakeWorker[];
let worker: FakeWorker;
let client: InferenceClient;
const events = {
  onReady: vi.fn(),
  onLoadEvent: vi.fn(),
  onReload: vi.fn(),
  onPrediction: vi.fn(),
  onFailed: vi.fn(),
};

function startWorker(): Worker {
  const started = new FakeWorker();
  workers.push(started);
  return started as unknown as Worker;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  workers = [];
  client = new InferenceClient(startWorker, events);
  worker = workers[0]!;
});

afterEach(() => vi.useRealTimers());

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

  it("passes load events on", () => {
    const event = { type: "updateRejected", problem } as const;
    worker.reply(event);
    expect(events.onLoadEvent).toHaveBeenCalledExactlyOnceWith(event);
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

describe("a release that does not start", () => {
  const starting = { type: "starting", release: release.id } as const;
  const expectReload = (reason: Problem) => {
    expect(worker.terminated).toBe(true);
    expect(events.onReload).toHaveBeenCalledOnce();
    const excluded = [{ release: release.id, problem: reason }];
    expect(workers[1]?.received).toEqual([{ type: "load", excluded }]);
    workers[1]?.reply({ type: "ready", release: other });
    expect(events.onReady).toHaveBeenCalledExactlyOnceWith(other);
  };

  it("in time is excluded, and a new worker loads another one", () => {
    client.predict(ink(1));
    worker.reply(starting);
    vi.advanceTimersByTime(29_000);
    expect(events.onReload).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expectReload({ code: "startTimeout", seconds: 30 });
    expect(workers[1]?.requests).toHaveLength(1);
  });

  it("because it is broken is excluded at once, and because it crashes, the second time", () => {
    worker.reply(starting);
    worker.reply({ type: "failed", problem: { code: "invalidLogits" } });
    expectReload({ code: "invalidLogits" });
    const crash = (crashing: FakeWorker) => {
      crashing.reply({ type: "starting", release: other.id });
      crashing.onerror?.({ message: "", preventDefault: vi.fn() } as unknown as ErrorEvent);
    };
    crash(workers[1]!);
    expect(workers[2]?.received).toEqual(workers[1]?.received);
    crash(workers[2]!);
    expect(workers[3]?.received).toMatchObject([
      { excluded: [{ release: release.id }, { release: other.id, problem: { code: "workerStopped" } }] },
    ]);
  });

  it("is not limited before and after it starts", () => {
    vi.advanceTimersByTime(100_000);
    worker.reply(starting);
    worker.reply({ type: "started" });
    worker.reply({ type: "loading" });
    worker.reply({ type: "started" });
    worker.reply({ type: "ready", release });
    vi.advanceTimersByTime(100_000);
    expect(worker.terminated).toBe(false);
  });

  it("because its worker freezes before ends loading", () => {
    for (let i = 0; i < 3; i++) {
      worker.reply({ type: "loading" });
      vi.advanceTimersByTime(59_000);
    }
    expect(worker.terminated).toBe(false);
    vi.advanceTimersByTime(1_000);
    expect(worker.terminated).toBe(true);
    expect(events.onFailed).toHaveBeenCalledExactlyOnceWith({ code: "startTimeout", seconds: 60 });
  });

  it("is limited by its start only, if the worker reports that it loads meanwhile", () => {
    worker.reply({ type: "loading" });
    worker.reply(starting);
    vi.advanceTimersByTime(29_000);
    worker.reply({ type: "loading" });
    vi.advanceTimersByTime(1_000);
    expectReload({ code: "startTimeout", seconds: 30 });
  });

  it("in a preloaded worker, whose messages arrived before, is excluded", () => {
    const preloaded = new FakeWorker();
    new InferenceClient(startWorker, events, {
      worker: preloaded as unknown as Worker,
      messages: [starting],
    });
    expect(preloaded.received).toEqual([]);
    vi.advanceTimersByTime(30_000);
    expect(preloaded.terminated).toBe(true);
    expect(workers[1]?.received).toMatchObject([{ excluded: [{ release: release.id }] }]);
  });
});

it("a release that returns invalid numbers later is excluded, and another predicts the drawing", () => {
  worker.reply({ type: "ready", release });
  const input = ink(1);
  client.predict(input);
  worker.reply({ type: "failed", problem: { code: "invalidLogits" } });
  expect(events.onReload).toHaveBeenCalledOnce();
  expect(events.onFailed).not.toHaveBeenCalled();
  workers[1]?.reply({ type: "ready", release: other });
  expect(workers[1]?.requests.map((request) => request.input)).toEqual([input]);
});

describe("a running release", () => {
  const crash = () => {
    const event = { message: "stopped", preventDefault: vi.fn() };
    worker.onerror?.(event as unknown as ErrorEvent);
  };
  const expectReplaced = (problem: Problem) => {
    expect(worker.terminated).toBe(true);
    expect(events.onReload).toHaveBeenCalledOnce();
    expect(events.onFailed).not.toHaveBeenCalled();
    const excluded = [{ release: release.id, problem }];
    expect(workers[1]?.received).toEqual([{ type: "load", excluded }]);
  };
  const start = (origin: ReleaseInfo["origin"]) =>
    worker.reply({ type: "ready", release: { ...release, origin } });

  it("that does not answer in time is excluded, and another predicts the drawing", () => {
    start("storage");
    const input = ink(1);
    client.predict(input);
    vi.advanceTimersByTime(29_000);
    expect(worker.terminated).toBe(false);
    vi.advanceTimersByTime(1_000);
    expectReplaced({ code: "answerTimeout", seconds: 30 });
    workers[1]?.reply({ type: "ready", release: other });
    expect(workers[1]?.requests.map((request) => request.input)).toEqual([input]);
  });

  it("that does not compute a part of an explanation in time is excluded", async () => {
    start("storage");
    const explanation = client.explain(new Uint8Array(784));
    for (let i = 0; i < 3; i++) {
      vi.advanceTimersByTime(20_000);
      worker.reply({ type: "computing" });
    }
    client.predict(ink(1));
    worker.predict();
    vi.advanceTimersByTime(29_000);
    expect(worker.terminated).toBe(false);
    vi.advanceTimersByTime(1_000);
    expectReplaced({ code: "answerTimeout", seconds: 30 });
    expect(await explanation).toBeNull();
  });

  it("is not excluded for an error of the page", () => {
    start("cache");
    client.predict(ink(1));
    worker.reply({ type: "failed", problem: { code: "unexpected", message: "no such stroke" } });
    expect(events.onFailed).toHaveBeenCalledOnce();
    expect(events.onReload).not.toHaveBeenCalled();
  });

  it("has as much time for each batch of images", () => {
    start("storage");
    client.predict(ink(1));
    for (let i = 0; i < 3; i++) {
      vi.advanceTimersByTime(20_000);
      worker.reply({ type: "computing" });
    }
    expect(worker.terminated).toBe(false);
    vi.advanceTimersByTime(30_000);
    expectReplaced({ code: "answerTimeout", seconds: 30 });
  });

  it("has as much time for each answer, and no limit without a request", () => {
    start("storage");
    for (let i = 0; i < 3; i++) {
      client.predict(ink(i));
      vi.advanceTimersByTime(20_000);
      worker.predict();
    }
    void client.explain(new Uint8Array(784));
    worker.reply({ type: "explanation", id: 3, explanation: null });
    vi.advanceTimersByTime(100_000);
    expect(worker.terminated).toBe(false);
  });

  it.each<["crashes" | "fails", "prediction" | "explanation", Problem]>([
    ["crashes", "prediction", { code: "workerStopped", message: "stopped" }],
    ["crashes", "explanation", { code: "workerStopped", message: "stopped" }],
    ["fails", "prediction", { code: "modelFailed", message: "no such kernel" }],
  ])("that %s during a %s is started again, and excluded the second time", (how, request, reason) => {
    const fail = () => {
      start("cache");
      if (request === "prediction") client.predict(ink(1));
      else void client.explain(new Uint8Array(784));
      if (how === "crashes") crash();
      else worker.reply({ type: "failed", problem: reason });
    };
    fail();
    expect(workers[1]?.received).toEqual([load]);
    worker = workers[1]!;
    fail();
    expect(events.onReload).toHaveBeenCalledTimes(2);
    expect(events.onFailed).not.toHaveBeenCalled();
    expect(workers[2]?.received).toEqual([
      { type: "load", excluded: [{ release: release.id, problem: reason }] },
    ]);
  });

  it("is not excluded if it is bundled, or if it was not busy", () => {
    start("bundled");
    client.predict(ink(1));
    vi.advanceTimersByTime(30_000);
    expect(events.onFailed).toHaveBeenCalledExactlyOnceWith({ code: "answerTimeout", seconds: 30 });
    client = new InferenceClient(startWorker, events);
    worker = workers.at(-1)!;
    start("storage");
    crash();
    expect(events.onFailed).toHaveBeenCalledTimes(2);
    expect(events.onReload).not.toHaveBeenCalled();
  });

  it("that is revoked is replaced, and the other one predicts a drawing that was predicted already", () => {
    start("cache");
    const input = ink(1);
    client.predict(input);
    worker.predict();
    worker.reply({ type: "failed", problem: { code: "revoked" } });
    expectReplaced({ code: "revoked" });
    workers[1]?.reply({ type: "ready", release: other });
    expect(workers[1]?.requests.map((request) => request.input)).toEqual([input]);
  });

  it("that is revoked is replaced without a prediction if the drawing was cleared", () => {
    start("cache");
    client.predict(ink(1));
    client.cancel();
    worker.reply({ type: "failed", problem: { code: "revoked" } });
    workers[1]?.reply({ type: "ready", release: other });
    expect(workers[1]?.requests).toEqual([]);
  });
});

describe("an update", () => {
  const verified = { origin: "storage" } as VerifiedRelease;
  let candidate: FakeWorker;

  beforeEach(() => {
    worker.reply({ type: "ready", release });
    worker.reply({ type: "updateFound", release: verified });
    candidate = workers[1]!;
    candidate.reply({ type: "starting", release: other.id });
  });

  it("starts in a worker of its own, and cannot be accepted before", () => {
    expect(candidate.received).toEqual([{ type: "start", release: verified }]);
    client.acceptUpdate();
    expect(worker.terminated).toBe(false);
    candidate.reply({ type: "started" });
    candidate.reply({ type: "ready", release: other });
    expect(worker.received.at(-1)).toEqual({ type: "saveUpdate" });
    expect(events.onLoadEvent).not.toHaveBeenCalled();
  });

  it("is offered when it is saved, and takes over the pending request when it is accepted", () => {
    candidate.reply({ type: "started" });
    candidate.reply({ type: "ready", release: other });
    worker.reply({ type: "updateSaved" });
    expect(events.onLoadEvent).toHaveBeenCalledExactlyOnceWith({ type: "updateAvailable", release: other });
    const input = ink(1);
    client.predict(input);
    client.acceptUpdate();
    expect(worker.terminated).toBe(true);
    expect(events.onReady).toHaveBeenLastCalledWith(other);
    candidate.predict();
    expect(events.onPrediction).toHaveBeenCalledExactlyOnceWith(prediction, input);
    candidate.reply({ type: "failed", problem });
    expect(events.onFailed).toHaveBeenCalledExactlyOnceWith(problem);
  });

  it("that does not start in time is rejected, while the first worker keeps answering", () => {
    vi.advanceTimersByTime(30_000);
    expect(candidate.terminated).toBe(true);
    expect(worker.received.at(-1)).toEqual({ type: "rejectUpdate" });
    const timeout = { code: "startTimeout", seconds: 30 };
    expect(events.onLoadEvent).toHaveBeenCalledExactlyOnceWith({ type: "updateRejected", problem: timeout });
    client.acceptUpdate();
    client.predict(ink(1));
    worker.predict();
    expect(events.onPrediction).toHaveBeenCalledOnce();
    expect(events.onReady).toHaveBeenCalledOnce();
  });

  it("that is not saved because a newer one runs in another page is not offered", () => {
    candidate.reply({ type: "started" });
    candidate.reply({ type: "ready", release: other });
    worker.reply({ type: "updateRejected", problem });
    expect(events.onLoadEvent).toHaveBeenCalledExactlyOnceWith({ type: "updateRejected", problem });
    expect(candidate.terminated).toBe(true);
    client.acceptUpdate();
    expect(worker.terminated).toBe(false);
  });

  it("whose worker crashes is started again, and rejected the second time", () => {
    const crash = { message: "", preventDefault: vi.fn() } as unknown as ErrorEvent;
    candidate.onerror?.(crash);
    expect(workers[2]?.received).toEqual(candidate.received);
    expect(events.onLoadEvent).not.toHaveBeenCalled();
    workers[2]?.reply({ type: "starting", release: other.id });
    workers[2]?.onerror?.(crash);
    expect(workers).toHaveLength(3);
    expect(worker.received.at(-1)).toEqual({ type: "rejectUpdate" });
    expect(events.onLoadEvent).toHaveBeenCalledOnce();
  });

  it("whose worker cannot be loaded is not rejected for ever", () => {
    candidate.reply({ type: "started" });
    candidate.onerror?.({ message: "", preventDefault: vi.fn() } as unknown as ErrorEvent);
    expect(worker.received).toEqual([load]);
    expect(events.onLoadEvent).toHaveBeenCalledOnce();
  });

  it("is terminated with the client", () => {
    client.close();
    expect(candidate.terminated).toBe(true);
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
