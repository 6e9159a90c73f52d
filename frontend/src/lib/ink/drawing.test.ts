import { describe, expect, it } from "vitest";
import { BLANK, type Drawing, type DrawingAction, reduceDrawing } from "./drawing";

const [a, b, c] = [
  { x: 0.1, y: 0.2 },
  { x: 0.3, y: 0.4 },
  { x: 0.5, y: 0.6 },
];

function after(...actions: DrawingAction[]): Drawing {
  return actions.reduce(reduceDrawing, BLANK);
}

function stroke(point: { x: number; y: number }): DrawingAction[] {
  return [{ type: "begin", point }, { type: "end" }];
}

describe("a stroke", () => {
  it("grows from where the pen came down until it is lifted", () => {
    const drawing = after(
      { type: "begin", point: a },
      { type: "extend", points: [b] },
      { type: "extend", points: [c] },
    );
    expect(drawing.strokes).toEqual([[a, b, c]]);
    expect(drawing.penDown).toBe(true);
    expect(reduceDrawing(drawing, { type: "end" })).toMatchObject({ strokes: [[a, b, c]], penDown: false });
  });

  it("is a dot when the pen does not move", () => {
    expect(after(...stroke(a)).strokes).toEqual([[a]]);
  });

  it("drops points that repeat the one before, and is then the same drawing", () => {
    const drawing = after({ type: "begin", point: a });
    expect(reduceDrawing(drawing, { type: "extend", points: [a, b, b, a] }).strokes).toEqual([[a, b, a]]);
    expect(reduceDrawing(drawing, { type: "extend", points: [a] })).toBe(drawing);
  });

  it("ignores a second pen while one is down, and moves while none is", () => {
    const drawing = after({ type: "begin", point: a });
    expect(reduceDrawing(drawing, { type: "begin", point: b })).toBe(drawing);
    expect(after({ type: "extend", points: [a] })).toBe(BLANK);
    expect(after({ type: "end" })).toBe(BLANK);
  });

  it("leaves no trace when cancelled", () => {
    const drawing = after(...stroke(a), { type: "begin", point: b }, { type: "cancel" });
    expect(drawing).toEqual(after(...stroke(a)));
  });

  it("does not change arrays that were handed out", () => {
    const before = after({ type: "begin", point: a });
    reduceDrawing(before, { type: "extend", points: [b] });
    expect(before.strokes).toEqual([[a]]);
  });
});

describe("undo, redo and clear", () => {
  const two = after(...stroke(a), ...stroke(b));

  it("undo and redo go back and forth stroke by stroke", () => {
    const one = reduceDrawing(two, { type: "undo" });
    expect(one.strokes).toEqual([[a]]);
    const none = reduceDrawing(one, { type: "undo" });
    expect(none.strokes).toEqual([]);
    expect(reduceDrawing(none, { type: "undo" })).toBe(none);
    const again = [{ type: "redo" }, { type: "redo" }] as const;
    const redone = again.reduce<Drawing>(reduceDrawing, none);
    expect(redone.strokes).toEqual([[a], [b]]);
    expect(reduceDrawing(redone, { type: "redo" })).toBe(redone);
  });

  it("undo brings cleared ink back", () => {
    const cleared = reduceDrawing(two, { type: "clear" });
    expect(cleared.strokes).toEqual([]);
    expect(reduceDrawing(cleared, { type: "undo" }).strokes).toEqual([[a], [b]]);
  });

  it("clearing an empty drawing changes nothing", () => {
    expect(after({ type: "clear" })).toBe(BLANK);
  });

  it("a new stroke forgets what was undone; a cancelled one does not", () => {
    const undone = reduceDrawing(two, { type: "undo" });
    expect(stroke(c).reduce(reduceDrawing, undone).future).toEqual([]);
    const cancelled = reduceDrawing(reduceDrawing(undone, { type: "begin", point: c }), { type: "cancel" });
    expect(reduceDrawing(cancelled, { type: "redo" }).strokes).toEqual([[a], [b]]);
  });

  it("while the pen is down, undo and redo wait and clear lifts it", () => {
    const drawing = reduceDrawing(two, { type: "begin", point: c });
    expect(reduceDrawing(drawing, { type: "undo" })).toBe(drawing);
    expect(reduceDrawing(drawing, { type: "redo" })).toBe(drawing);
    const cleared = reduceDrawing(drawing, { type: "clear" });
    expect(cleared).toMatchObject({ strokes: [], penDown: false });
    expect(reduceDrawing(cleared, { type: "undo" }).strokes).toEqual([[a], [b]]);
  });
});
