import { describe, expect, it } from "vitest";
import { EMPTY_DRAWING, type Drawing, type DrawingAction, reduceDrawing } from "./drawing";
import type { Stroke } from "./strokes";
import type { DrawingInput } from "./drawingInput";

const [a, b, c] = [0.1, 0.3, 0.5].map((x): Stroke => [{ x, y: 0.2 }]) as [Stroke, Stroke, Stroke];
const image: DrawingInput = { kind: "pixels", pixels: new Uint8Array(784) };

function after(...actions: DrawingAction[]): Drawing {
  return actions.reduce(reduceDrawing, EMPTY_DRAWING);
}

function draw(stroke: Stroke): DrawingAction[] {
  return [{ type: "begin" }, { type: "draw", stroke }];
}

function ink(...strokes: Stroke[]): DrawingInput {
  return { kind: "ink", strokes };
}

const two = after(...draw(a), ...draw(b));

describe("drawing a stroke", () => {
  it("adds it when the pen is lifted", () => {
    const down = after(...draw(a), { type: "begin" });
    expect(down).toMatchObject({ present: ink(a), penDown: true });
    expect(reduceDrawing(down, { type: "draw", stroke: b })).toMatchObject({
      present: ink(a, b),
      penDown: false,
    });
  });

  it("keeps the previous stroke objects, so that they are not painted again", () => {
    expect(two.present).toEqual(ink(a, b));
    expect(two.present.kind === "ink" && two.present.strokes[0]).toBe(a);
  });

  it("ignores a second pen while one is down, and a stroke or cancellation without a pen", () => {
    const down = after({ type: "begin" });
    expect(reduceDrawing(down, { type: "begin" })).toBe(down);
    expect(after({ type: "draw", stroke: a })).toBe(EMPTY_DRAWING);
    expect(after({ type: "cancel" })).toBe(EMPTY_DRAWING);
  });

  it("changes nothing when cancelled", () => {
    const before = after(...draw(a));
    const cancelled = [{ type: "begin" }, { type: "cancel" }] as const;
    const drawing = cancelled.reduce<Drawing>(reduceDrawing, before);
    expect(drawing).toEqual(before);
    expect(drawing.present).toBe(before.present);
  });
});

describe("an image", () => {
  const replaced = reduceDrawing(two, { type: "replace", input: image });

  it("replaces the ink, and undo restores the ink", () => {
    expect(replaced.present).toBe(image);
    expect(reduceDrawing(replaced, { type: "undo" }).present).toBe(two.present);
  });

  it("is replaced by a stroke and restored by undo", () => {
    const drawn = draw(c).reduce(reduceDrawing, replaced);
    expect(drawn.present).toEqual(ink(c));
    expect(reduceDrawing(drawn, { type: "undo" }).present).toBe(image);
  });

  it("is cleared, and restored by undo", () => {
    const cleared = reduceDrawing(replaced, { type: "clear" });
    expect(cleared.present).toEqual(ink());
    expect(reduceDrawing(cleared, { type: "undo" }).present).toBe(image);
  });

  it("discards the stroke in progress", () => {
    expect(after({ type: "begin" }, { type: "replace", input: image })).toMatchObject({
      present: image,
      penDown: false,
    });
  });
});

describe("undo, redo and clear", () => {
  it("undo and redo change one stroke at a time", () => {
    const one = reduceDrawing(two, { type: "undo" });
    expect(one.present).toEqual(ink(a));
    const none = reduceDrawing(one, { type: "undo" });
    expect(none.present).toEqual(ink());
    expect(reduceDrawing(none, { type: "undo" })).toBe(none);
    const again = [{ type: "redo" }, { type: "redo" }] as const;
    const redone = again.reduce<Drawing>(reduceDrawing, none);
    expect(redone.present).toEqual(ink(a, b));
    expect(reduceDrawing(redone, { type: "redo" })).toBe(redone);
  });

  it("undo restores cleared ink", () => {
    const cleared = reduceDrawing(two, { type: "clear" });
    expect(cleared.present).toEqual(ink());
    expect(reduceDrawing(cleared, { type: "undo" }).present).toBe(two.present);
  });

  it("clearing an empty drawing returns the same object", () => {
    expect(after({ type: "clear" })).toBe(EMPTY_DRAWING);
  });

  it("a new stroke clears the redo stack; a cancelled one does not", () => {
    const undone = reduceDrawing(two, { type: "undo" });
    expect(draw(c).reduce(reduceDrawing, undone).future).toEqual([]);
    const cancelled = reduceDrawing(reduceDrawing(undone, { type: "begin" }), { type: "cancel" });
    expect(reduceDrawing(cancelled, { type: "redo" }).present).toEqual(ink(a, b));
  });

  it("while the pen is down, undo and redo do nothing, and clear lifts the pen", () => {
    const down = reduceDrawing(two, { type: "begin" });
    expect(reduceDrawing(down, { type: "undo" })).toBe(down);
    expect(reduceDrawing(down, { type: "redo" })).toBe(down);
    const cleared = reduceDrawing(down, { type: "clear" });
    expect(cleared).toMatchObject({ present: ink(), penDown: false });
    expect(reduceDrawing(cleared, { type: "undo" }).present).toEqual(ink(a, b));
    expect(after({ type: "begin" }, { type: "clear" })).toEqual(EMPTY_DRAWING);
  });
});
