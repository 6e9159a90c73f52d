import { describe, expect, it } from "vitest";
import type { Answer, RunningRelease } from "@/lib/inference/protocol";
import {
  initialState,
  phaseOf,
  type RecognizerAction,
  type RecognizerState,
  reduceRecognizer,
} from "./state";

const release: RunningRelease = {
  id: "0123456789abcdef",
  origin: "bundled",
  fallbackReason: null,
  accuracy: 0.99,
  testImages: 10_000,
  standIn: false,
  backend: "wasm",
};
const answer: Answer = {
  digit: 7,
  confidence: 0.9,
  probabilities: [0, 0, 0, 0, 0, 0, 0, 0.9, 0, 0.1],
  pixels: new Uint8Array(784),
  milliseconds: 1,
};
const point = { x: 0.5, y: 0.5 };

function after(state: RecognizerState, ...actions: RecognizerAction[]): RecognizerState {
  return actions.reduce(reduceRecognizer, state);
}

const ready = after(initialState(), { type: "ready", release });
const drawn = after(ready, { type: "begin", point }, { type: "end" });
const settled = after(drawn, { type: "answered", answer, strokes: drawn.drawing.strokes });

describe("the phase", () => {
  it("is loading until the network is ready, whatever is drawn", () => {
    expect(phaseOf(initialState())).toBe("loading");
    expect(phaseOf(after(initialState(), { type: "begin", point }))).toBe("loading");
    expect(phaseOf(ready)).toBe("empty");
  });

  it("is pending from pen-down to the answer to the last stroke", () => {
    const down = after(ready, { type: "begin", point });
    expect(phaseOf(down)).toBe("pending");
    const live = after(down, { type: "answered", answer, strokes: down.drawing.strokes });
    expect(phaseOf(live)).toBe("pending");
    expect(live.reading?.answer).toBe(answer);
    const moved = after(live, { type: "extend", points: [{ x: 0.6, y: 0.6 }] }, { type: "end" });
    expect(phaseOf(moved)).toBe("pending");
    expect(phaseOf(after(moved, { type: "answered", answer, strokes: moved.drawing.strokes }))).toBe(
      "settled",
    );
  });

  it("is settled at once when the answer to the last stroke came before the pen was lifted", () => {
    const down = after(ready, { type: "begin", point });
    const live = after(down, { type: "answered", answer, strokes: down.drawing.strokes });
    expect(phaseOf(after(live, { type: "end" }))).toBe("settled");
  });

  it("is pending after undo until the ink that is left is answered", () => {
    const two = after(settled, { type: "begin", point }, { type: "end" });
    const undone = after(two, { type: "answered", answer, strokes: two.drawing.strokes }, { type: "undo" });
    expect(phaseOf(undone)).toBe("pending");
    expect(phaseOf(after(undone, { type: "answered", answer, strokes: undone.drawing.strokes }))).toBe(
      "settled",
    );
  });
});

describe("the reading", () => {
  it("goes with the ink", () => {
    expect(settled.reading?.answer).toBe(answer);
    for (const type of ["clear", "undo"] as const) {
      const blank = after(settled, { type });
      expect(blank.reading).toBeNull();
      expect(phaseOf(blank)).toBe("empty");
    }
  });

  it("does not come back with an answer that is late", () => {
    const blank = after(drawn, { type: "clear" });
    expect(after(blank, { type: "answered", answer, strokes: drawn.drawing.strokes })).toBe(blank);
  });

  it("goes when the network fails; the ink stays, and is pending once there is a new network", () => {
    const failed = after(settled, { type: "failed", reason: "It stopped." });
    expect(phaseOf(failed)).toBe("error");
    expect(failed.reading).toBeNull();
    expect(failed.drawing).toBe(settled.drawing);
    const again = after(failed, { type: "load" });
    expect(phaseOf(again)).toBe("loading");
    expect(phaseOf(after(again, { type: "ready", release }))).toBe("pending");
  });
});

describe("the network", () => {
  const newer = { ...release, id: "fedcba9876543210", origin: "storage" } as const;

  it("shows how much of it has arrived while it loads, and never afterwards", () => {
    const progress = { type: "progress", received: 3, total: 9 } as const;
    expect(after(initialState(), progress).model).toMatchObject({ progress: { received: 3, total: 9 } });
    expect(after(ready, progress)).toBe(ready);
  });

  it("goes on while a newer one is offered, and is replaced by consent: ink stays, its answer does not", () => {
    const offered = after(settled, { type: "offered", release: newer });
    expect(offered.model).toEqual({ status: "ready", release, newer });
    expect(phaseOf(offered)).toBe("settled");
    const accepted = after(offered, { type: "ready", release: newer });
    expect(accepted.model).toEqual({ status: "ready", release: newer, newer: null });
    expect(accepted.drawing).toBe(settled.drawing);
    expect(phaseOf(accepted)).toBe("pending");
  });

  it("goes on when a newer one is refused, and says why", () => {
    const { model } = after(settled, { type: "refused", reason: "It is damaged." });
    expect(model).toEqual({
      status: "ready",
      release: { ...release, fallbackReason: "It is damaged." },
      newer: null,
    });
  });
});
