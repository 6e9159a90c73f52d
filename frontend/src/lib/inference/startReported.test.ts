import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { StartMessage } from "./messages";
import { loadReported } from "./startReported";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it.each([
  ["succeeds", (resolve: () => void) => resolve()],
  ["fails", (_: () => void, reject: () => void) => reject()],
])("loading is reported each second until it %s", async (_, end) => {
  const messages: StartMessage["type"][] = [];
  const loaded = loadReported(
    ({ type }) => messages.push(type),
    () => new Promise<void>((...settle) => setTimeout(() => end(...settle), 2_500)),
  ).catch(() => {});
  await vi.advanceTimersByTimeAsync(10_000);
  await loaded;
  expect(messages).toEqual(["loading", "loading", "loading", "started"]);
});
