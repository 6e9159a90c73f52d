import { describe, expect, it } from "vitest";
import type { Stroke } from "@/lib/ink/strokes";
import {
  initialState,
  phaseOf,
  type RecognizerAction,
  type RecognizerState,
  reduceRecognizer,
  shownGlyph,
} from "./state";
import type { DrawingInput } from "@/lib/ink/drawingInput";
import type { Prediction, Glyph, ReleaseInfo } from "@/lib/inference/types";
import type { Problem } from "@/lib/inference/errors";

const problem: Problem = { code: "noBackend" };

const release: ReleaseInfo = {
  id: "0123456789abcdef",
  origin: "bundled",
  fallbackReason: null,
  storage: null,
  signature: null,
  expired: false,
  accuracy: 0.99,
  testImages: 10_000,
  trainImages: 55_000,
  validationImages: 5_000,
  split: "writers",
  usesFallbackData: false,
  backend: "wasm",
};
const seven: Glyph = {
  box: { left: 0, top: 0, width: 1, height: 1 },
  strokes: [0],
  digit: 7,
  confidence: 0.9,
  probabilities: [0, 0, 0, 0, 0, 0, 0, 0.9, 0, 0.1],
  pixels: new Uint8Array(784),
  rejected: false,
};
const predictionOf = (glyphs: readonly Glyph[]): Prediction => ({
  numbers: [glyphs],
  glyphs,
  milliseconds: 1,
});
const prediction = predictionOf([seven]);
const stroke: Stroke = [{ x: 0.5, y: 0.5 }];
/** The input with the active stroke, while the pen is down. */
const active: DrawingInput = { kind: "ink", strokes: [stroke] };

function after(state: RecognizerState, ...actions: RecognizerAction[]): RecognizerState {
  return actions.reduce(reduceRecognizer, state);
}

const ready = after(initialState(), { type: "ready", release });
const drawn = after(ready, { type: "begin" }, { type: "draw", stroke });
const settled = after(drawn, { type: "predicted", prediction, input: drawn.drawing.present });

describe("the phase", () => {
  it("is loading until the model is ready, even if something is drawn", () => {
    expect(phaseOf(initialState())).toBe("loading");
    expect(phaseOf(after(initialState(), { type: "begin" }))).toBe("loading");
    expect(phaseOf(ready)).toBe("empty");
  });

  it("is pending from pen-down to the prediction for the last stroke", () => {
    const down = after(ready, { type: "begin" });
    expect(phaseOf(down)).toBe("pending");
    const live = after(down, { type: "predicted", prediction, input: active });
    expect(phaseOf(live)).toBe("pending");
    expect(live.latest?.prediction).toBe(prediction);
    const lifted = after(live, { type: "draw", stroke });
    expect(phaseOf(lifted)).toBe("pending");
    expect(lifted.latest?.prediction).toBe(prediction);
    expect(phaseOf(after(lifted, { type: "predicted", prediction, input: lifted.drawing.present }))).toBe(
      "settled",
    );
  });

  it("is pending after a cancelled stroke until the remaining drawing is predicted again", () => {
    const cancelled = after(
      settled,
      { type: "begin" },
      { type: "predicted", prediction, input: active },
      { type: "cancel" },
    );
    expect(phaseOf(cancelled)).toBe("pending");
    expect(phaseOf(after(cancelled, { type: "predicted", prediction, input: settled.drawing.present }))).toBe(
      "settled",
    );
  });

  it("is pending after undo until the remaining drawing is predicted", () => {
    const two = after(settled, { type: "begin" }, { type: "draw", stroke });
    const undone = after(
      two,
      { type: "predicted", prediction, input: two.drawing.present },
      { type: "undo" },
    );
    expect(phaseOf(undone)).toBe("pending");
    expect(phaseOf(after(undone, { type: "predicted", prediction, input: undone.drawing.present }))).toBe(
      "settled",
    );
  });
});

describe("the prediction", () => {
  it("is removed with the drawing", () => {
    expect(settled.latest?.prediction).toBe(prediction);
    for (const type of ["clear", "undo"] as const) {
      const blank = after(settled, { type });
      expect(blank.latest).toBeNull();
      expect(phaseOf(blank)).toBe("empty");
    }
  });

  it("is removed when the first stroke is cancelled", () => {
    const live = after(ready, { type: "begin" }, { type: "predicted", prediction, input: active });
    const cancelled = after(live, { type: "cancel" });
    expect(cancelled.latest).toBeNull();
    expect(phaseOf(cancelled)).toBe("empty");
  });

  it("is not restored by a late prediction", () => {
    const blank = after(drawn, { type: "clear" });
    expect(after(blank, { type: "predicted", prediction, input: drawn.drawing.present })).toBe(blank);
  });

  it("is removed when the model fails, and the drawing is pending when a new model is ready", () => {
    const failed = after(settled, { type: "failed", problem });
    expect(phaseOf(failed)).toBe("error");
    expect(failed.latest).toBeNull();
    expect(failed.drawing).toBe(settled.drawing);
    const again = after(failed, { type: "load" });
    expect(phaseOf(again)).toBe("loading");
    expect(phaseOf(after(again, { type: "ready", release }))).toBe("pending");
  });
});

describe("the shown digit", () => {
  const number = predictionOf([
    { ...seven, strokes: [1, 2] },
    { ...seven, strokes: [0] },
  ]);
  const read = after(drawn, { type: "predicted", prediction: number, input: drawn.drawing.present });

  it("is the digit that was drawn last, at any position", () => {
    expect(shownGlyph(drawn)).toBeNull();
    expect(shownGlyph(settled)).toBe(seven);
    expect(shownGlyph(read)).toBe(number.glyphs[0]);
  });

  it("is the chosen digit until more is drawn", () => {
    const chosen = after(read, { type: "choose", index: 1 });
    expect(shownGlyph(chosen)).toBe(number.glyphs[1]);
    expect(shownGlyph(after(chosen, { type: "begin" }))).toBe(number.glyphs[0]);
  });

  it("is the last digit again when another model finds fewer digits or the model restarts", () => {
    const chosen = after(read, { type: "choose", index: 1 });
    const predicted = { type: "predicted", prediction, input: drawn.drawing.present } as const;
    expect(shownGlyph(after(chosen, { type: "ready", release }, predicted))).toBe(seven);
    const restarted = after(chosen, { type: "failed", problem }, { type: "load" });
    expect(shownGlyph(after(restarted, { type: "ready", release }, predicted))).toBe(seven);
  });
});

describe("the model", () => {
  const newer = { ...release, id: "fedcba9876543210", origin: "storage" } as const;

  it("has a progress only while it loads", () => {
    const progress = { type: "progress", received: 3, total: 9 } as const;
    expect(after(initialState(), progress).model).toMatchObject({ progress: { received: 3, total: 9 } });
    expect(after(ready, progress)).toBe(ready);
  });

  it("stays ready when an update is available; accepting it keeps the drawing and removes the prediction", () => {
    const offered = after(settled, { type: "updateAvailable", release: newer });
    expect(offered.model).toEqual({ status: "ready", release, newer });
    expect(phaseOf(offered)).toBe("settled");
    const accepted = after(offered, { type: "ready", release: newer });
    expect(accepted.model).toEqual({ status: "ready", release: newer, newer: null });
    expect(accepted.drawing).toBe(settled.drawing);
    expect(phaseOf(accepted)).toBe("pending");
  });

  it("stays ready when an update is rejected, and stores the reason", () => {
    const { model } = after(settled, { type: "updateRejected", problem });
    expect(model).toEqual({
      status: "ready",
      release: { ...release, fallbackReason: problem },
      newer: null,
    });
  });
});
