import { expect, it, vi } from "vitest";
import { paintStrokes } from "../paint";
import { Surface } from "./surface";
import type { DrawingInput } from "@/lib/ink/drawingInput";

vi.mock("../paint");

it("paints and reports the last points of a resting pen exactly once", () => {
  let frames: FrameRequestCallback[] = [];
  vi.stubGlobal("requestAnimationFrame", (frame: FrameRequestCallback) => frames.push(frame));
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
    },
  );
  const painted: unknown[] = [];
  vi.mocked(paintStrokes).mockImplementation((_, strokes) => painted.push(structuredClone(strokes)));
  const liveInputs: DrawingInput[] = [];
  const canvas = {} as HTMLCanvasElement;
  const surface = new Surface(canvas, canvas, (input) => liveInputs.push(input));
  const [first, last] = [
    { x: 0.1, y: 0.1 },
    { x: 0.1, y: 0.9 },
  ];
  surface.begin(first);
  for (let now = 0; now < 500; now += 16) {
    if (now === 16) surface.extend([last]);
    const due = frames;
    frames = [];
    for (const frame of due) frame(now);
  }
  expect(liveInputs).toEqual([
    { kind: "ink", strokes: [[first]] },
    { kind: "ink", strokes: [[first, last]] },
  ]);
  expect(frames).toEqual([]);
  expect(painted).toEqual([[[first]], [[first, last]]]);
});
