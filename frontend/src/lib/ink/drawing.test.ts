import { describe, expect, it } from "vitest";
import { BLANK, type Drawing, type DrawingAction, reduceDrawing } from "./drawing";
import type { Stroke } from "./strokes";
import type { DrawingInput } from "./drawingInput";

const [a, b, c] = [0.1, 0.3, 0.5].map((x): Stroke => [{ x, y: 0.2 }]) as [Stroke, Stroke, Stroke];
const picture: DrawingInput = { kind: "pixels", pixels: new Uint8Array(784) };

function after(...actions: DrawingAction[]): Drawing {
  return actions.reduce(reduceDrawing, BLANK);
}

function draw(stroke: Stroke): DrawingAction[] {
  return [{ type: "begin" }, { type: "draw", stroke }];
}

function ink(...strokes: Stroke[]): DrawingInput {
  return { kind: "ink", strokes };
}

const two = after(...draw(a), ...draw(b));

describe("a stroke", () => {
  it("is on the sheet once the pen is lifted", () => {
    const down = after(...draw(a), { type: "begin" });
    expect(down).toMatchObject({ present: ink(a), penDown: true });
    expect(reduceDrawing(down, { type: "draw", stroke: b })).toMatchObject({
      present: ink(a, b),
      penDown: false,
    });
  });

  it("keeps those before it as they are, so that they need not be painted again", () => {
    expect(two.present).toEqual(ink(a, b));
    expect(two.present.kind === "ink" && two.present.strokes[0]).toBe(a);
  });

  it("ignores a second pen while one is down, and whatever is drawn without one", () => {
    const down = after({ type: "begin" });
    expect(reduceDrawing(down, { type: "begin" })).toBe(down);
    expect(after({ type: "draw", stroke: a })).toBe(BLANK);
    expect(after({ type: "cancel" })).toBe(BLANK);
  });

  it("leaves no trace when cancelled", () => {
    const before = after(...draw(a));
    const cancelled = [{ type: "begin" }, { type: "cancel" }] as const;
    const drawing = cancelled.reduce<Drawing>(reduceDrawing, before);
    expect(drawing).toEqual(before);
    expect(drawing.present).toBe(before.present);
  });
});

describe("a picture", () => {
  const laid = reduceDrawing(two, { type: "replace", input: picture });

  it("takes the place of the ink, and undo brings that back", () => {
    expect(laid.present).toBe(picture);
    expect(reduceDrawing(laid, { type: "undo" }).present).toBe(two.present);
  });

  it("makes room for a stroke, is back when that is undone, and cannot be drawn on", () => {
    const drawn = draw(c).reduce(reduceDrawing, laid);
    expect(drawn.present).toEqual(ink(c));
    expect(reduceDrawing(drawn, { type: "undo" }).present).toBe(picture);
  });

  it("is cleared like ink", () => {
    const cleared = reduceDrawing(laid, { type: "clear" });
    expect(cleared.present).toEqual(ink());
    expect(reduceDrawing(cleared, { type: "undo" }).present).toBe(picture);
  });

  it("takes the stroke under the pen away", () => {
    expect(after({ type: "begin" }, { type: "replace", input: picture })).toMatchObject({
      present: picture,
      penDown: false,
    });
  });
});

describe("undo, redo and clear", () => {
  it("undo and redo go back and forth stroke by stroke", () => {
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

  it("undo brings cleared ink back", () => {
    const cleared = reduceDrawing(two, { type: "clear" });
    expect(cleared.present).toEqual(ink());
    expect(reduceDrawing(cleared, { type: "undo" }).present).toBe(two.present);
  });

  it("clearing an empty drawing changes nothing", () => {
    expect(after({ type: "clear" })).toBe(BLANK);
  });

  it("a new stroke forgets what was undone; a cancelled one does not", () => {
    const undone = reduceDrawing(two, { type: "undo" });
    expect(draw(c).reduce(reduceDrawing, undone).future).toEqual([]);
    const cancelled = reduceDrawing(reduceDrawing(undone, { type: "begin" }), { type: "cancel" });
    expect(reduceDrawing(cancelled, { type: "redo" }).present).toEqual(ink(a, b));
  });

  it("while the pen is down, undo and redo wait and clear lifts it", () => {
    const down = reduceDrawing(two, { type: "begin" });
    expect(reduceDrawing(down, { type: "undo" })).toBe(down);
    expect(reduceDrawing(down, { type: "redo" })).toBe(down);
    const cleared = reduceDrawing(down, { type: "clear" });
    expect(cleared).toMatchObject({ present: ink(), penDown: false });
    expect(reduceDrawing(cleared, { type: "undo" }).present).toEqual(ink(a, b));
    expect(after({ type: "begin" }, { type: "clear" })).toEqual(BLANK);
  });
});
