import { expect, it } from "vitest";
import { pixelsFromCells } from "./pixelsFromCells";
import { pixelsFromStrokes, SIDE } from "@/lib/ink/preprocess";

it("a 7 of single cells is similar to a 7 drawn with a pen", () => {
  const cells = Array.from({ length: SIDE * SIDE }, () => false);
  for (let column = 8; column <= 18; column++) cells[4 * SIDE + column] = true;
  for (let row = 4; row <= 22; row++) cells[row * SIDE + Math.round(18 - (row - 4) / 2)] = true;
  const drawn = pixelsFromStrokes([
    [
      { x: 8, y: 4 },
      { x: 18, y: 4 },
      { x: 9, y: 22 },
    ],
  ]);
  const painted = pixelsFromCells(cells);
  const dot = (a: Uint8Array, b: Uint8Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const similarity = dot(painted, drawn) / Math.sqrt(dot(painted, painted) * dot(drawn, drawn));
  expect(similarity).toBeGreaterThan(0.85);
});

it("a single cell becomes a dot, and a full grid a square", () => {
  const one = Array.from({ length: SIDE * SIDE }, (_, i) => i === 0);
  expect(Math.max(...pixelsFromCells(one))).toBe(255);
  const all = Array.from({ length: SIDE * SIDE }, () => true);
  expect(pixelsFromCells(all).filter((value) => value > 200).length).toBeGreaterThan(250);
});
