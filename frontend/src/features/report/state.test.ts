import { expect, it } from "vitest";
import { benchmarkProgress, LOADING, reduceReport, type ReportState } from "./state";
import type { ReleaseInfo } from "@/lib/inference/types";
import type { Problem } from "@/lib/inference/errors";

const problem: Problem = { code: "noBackend" };

const release = { id: "0123456789abcdef" } as ReleaseInfo;
const ready: ReportState = {
  status: "ready",
  release,
  result: { status: "none" },
  benchmark: { status: "idle" },
};
const measurement = { timings: [], cores: 8, simd: true };

it("updates the progress only while loading", () => {
  const progress = { type: "progress", received: 5, total: 10 } as const;
  expect(reduceReport(LOADING, progress)).toMatchObject({ progress: { received: 5, total: 10 } });
  expect(reduceReport(ready, progress)).toBe(ready);
});

it("stores the release and its report", () => {
  expect(reduceReport(LOADING, { type: "release", release, result: { status: "none" } })).toMatchObject(
    ready,
  );
});

it("fails if loading fails, and can retry", () => {
  const failed = reduceReport(LOADING, { type: "failed", problem });
  expect(failed).toEqual({ status: "failed", problem });
  expect(reduceReport(failed, { type: "load" })).toBe(LOADING);
});

it("keeps the report if the benchmark fails", () => {
  const running = reduceReport(ready, { type: "benchmark" });
  expect(reduceReport(running, { type: "failed", problem })).toEqual({
    ...ready,
    benchmark: { status: "failed", problem },
  });
});

it("updates the benchmark from its start to its result", () => {
  const started = reduceReport(ready, { type: "benchmark" });
  expect(started).toMatchObject({ benchmark: { status: "running", trial: null } });
  const midway = reduceReport(started, { type: "trial", backend: "wasm", completed: 50 });
  expect(midway).toMatchObject({ benchmark: { trial: { backend: "wasm", completed: 50 } } });
  expect(reduceReport(midway, { type: "measured", measurement })).toMatchObject({
    benchmark: { status: "done", measurement },
  });
});

it("increases the benchmark progress from 0 to 1 over all backends", () => {
  const trials = [
    null,
    { backend: "wasm", completed: 0 },
    { backend: "wasm", completed: 200 },
    { backend: "cpu", completed: 100 },
    { backend: "cpu", completed: 200 },
  ] as const;
  const shares = trials.map(benchmarkProgress);
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  expect([shares[0], shares.at(-1)]).toEqual([0, 1]);
});
