import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeStrokes, encodeStrokes, MAX_LINK_LENGTH } from "./link";
import { CANVAS_SIZE, type Stroke } from "./strokes";

const seven: Stroke[] = [
  [
    { x: 0.2, y: 0.1 },
    { x: 0.7, y: 0.1 },
    { x: 0.412, y: 0.913 },
  ],
  [
    { x: 0.3, y: 0.5 },
    { x: 0.6, y: 0.5 },
  ],
];
const pressed: Stroke[] = [
  [
    { x: 0, y: 0, pressure: 0 },
    { x: CANVAS_SIZE.width, y: CANVAS_SIZE.height, pressure: 1 },
  ],
];

/** Encode bytes as in a link. */
const encoded = (...bytes: number[]) => Buffer.from(bytes).toString("base64url");

describe("encodeStrokes", () => {
  it.each([
    ["strokes", seven],
    ["pressure, from corner to corner", pressed],
    ["with and without pressure", [...pressed, ...seven]],
    ["a dot", [[{ x: 0.5, y: 0.5 }]]],
  ])("round-trips: %s", (_, strokes) => {
    expect(decodeStrokes(encodeStrokes(strokes) ?? "")).toEqual(strokes);
  });

  it("rounds coordinates to 1/1000 of the canvas height and pressures to 1/255", () => {
    const [decoded] = decodeStrokes(encodeStrokes([[{ x: 0.12345, y: 0.9, pressure: 0.333 }]]) ?? "") ?? [];
    expect(decoded).toEqual([{ x: 0.123, y: 0.9, pressure: 85 / 255 }]);
  });

  it("uses about three characters per point, none of which need escaping", () => {
    const spiral = Array.from({ length: 300 }, (_, i) => ({
      x: 0.7 + (Math.cos(i / 20) * i) / 900,
      y: 0.5 + (Math.sin(i / 20) * i) / 900,
    }));
    const text = encodeStrokes([spiral]) ?? "";
    expect(text.length).toBeLessThan(900);
    expect(encodeURIComponent(text)).toBe(text);
  });

  it("encodes version 1 links as before", () => {
    expect(encodeStrokes(seven)).toBe("AQaQA8gB6AcAvwTaDATfAbkG2AQA");
  });

  it("returns null if the link would be too long", () => {
    const scribble = Array.from({ length: 5000 }, (_, i) => ({ x: (i % 7) / 7, y: (i % 11) / 11 }));
    expect(encodeStrokes([scribble])).toBeNull();
  });
});

describe("decodeStrokes returns null for", () => {
  const valid = encodeStrokes(seven) ?? "";
  it.each([
    ["an empty string", ""],
    ["a version without strokes", encoded(1)],
    ["another version", encoded(2, 2, 0, 0)],
    ["characters that are not base64url", `${valid}=`],
    ["markup", "<script>alert(1)</script>"],
    ["invalid base64", "A"],
    ["a truncated link", valid.slice(0, valid.length / 2)],
    ["trailing bytes", valid + encoded(9)],
    ["a stroke without points", encoded(1, 0)],
    ["a point left of the canvas", encoded(1, 2, 1, 0)],
    ["a point right of the canvas", encoded(1, 2, 0xba, 0x17, 0)],
    ["a point below the canvas", encoded(1, 2, 0, 0xd2, 0x0f)],
    ["a stroke with millions of points", encoded(1, 0xff, 0xff, 0xff, 0x7f, 0, 0)],
    ["an unterminated integer", encoded(1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)],
    ["a text longer than the limit", "AQ".repeat(MAX_LINK_LENGTH)],
  ])("%s", (_, text) => {
    expect(decodeStrokes(text)).toBeNull();
  });
});

describe("properties", () => {
  const RUNS = { seed: 1, numRuns: 100 };
  const upTo = (max: number) => fc.double({ min: 0, max, noNaN: true });
  const point = { x: upTo(CANVAS_SIZE.width), y: upTo(CANVAS_SIZE.height) };
  const anyStroke = fc.oneof(
    fc.array(fc.record(point), { minLength: 1, maxLength: 20 }),
    fc.array(fc.record({ ...point, pressure: upTo(1) }), { minLength: 1, maxLength: 20 }),
  );
  const anyStrokes = fc.array(anyStroke, { minLength: 1, maxLength: 8 });

  it("round-trips any strokes to within half a step", () => {
    fc.assert(
      fc.property(anyStrokes, (strokes) => {
        const decoded = decodeStrokes(encodeStrokes(strokes) ?? "");
        expect(decoded?.map(({ length }) => length)).toEqual(strokes.map(({ length }) => length));
        strokes.forEach((stroke: Stroke, i) =>
          stroke.forEach(({ x, y, pressure }, j) => {
            const actual = decoded![i]![j]!;
            expect(Math.abs(actual.x - x)).toBeLessThanOrEqual(0.5001 / 1000);
            expect(Math.abs(actual.y - y)).toBeLessThanOrEqual(0.5001 / 1000);
            if (pressure === undefined) expect(actual.pressure).toBeUndefined();
            else expect(Math.abs(actual.pressure! - pressure)).toBeLessThanOrEqual(0.5001 / 255);
          }),
        );
      }),
      RUNS,
    );
  });

  it("decodes any text to null or to strokes on the canvas that round-trip exactly", () => {
    const bytes = fc.uint8Array({ maxLength: 60 }).map((tail) => encoded(1, ...tail));
    // Small even numbers encode short strokes to the right and down. Many of them are valid.
    const small = fc.array(fc.nat(3), { maxLength: 12 }).map((tail) => encoded(1, ...tail.map((n) => 2 * n)));
    let valid = 0;
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), bytes, small), (text) => {
        const strokes = decodeStrokes(text);
        if (strokes === null) return;
        valid++;
        for (const { x, y } of strokes.flat()) {
          expect(x >= 0 && y >= 0 && x <= CANVAS_SIZE.width && y <= CANVAS_SIZE.height).toBe(true);
        }
        expect(decodeStrokes(encodeStrokes(strokes) ?? "")).toEqual(strokes);
      }),
      { seed: 1, numRuns: 2000 },
    );
    expect(valid).toBeGreaterThan(10);
  });
});
