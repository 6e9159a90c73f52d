import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ReleaseCache } from "./cache";
import { MemoryCaches } from "./caches.testing";

const A = "a".repeat(16);
const B = "b".repeat(16);
const files = (...urls: string[]) => new Map(urls.map((url) => [url, new ArrayBuffer(1)]));

let caches: MemoryCaches;
let cache: ReleaseCache;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  caches = new MemoryCaches();
  cache = new ReleaseCache(() => caches as unknown as CacheStorage);
});

afterEach(() => vi.useRealTimers());

it("a release that is saved again has none of its earlier files, and is the last saved", async () => {
  await cache.save(A, files("https://x/1", "https://x/2"));
  await cache.save(B, files("https://x/1"));
  await cache.save(A, files("https://x/1"));
  expect(await cache.ids()).toEqual([A, B]);
  expect((await cache.fetchFrom(A)("https://x/2")).status).toBe(404);
});

it("a release is rejected for a day", async () => {
  await cache.reject(A);
  expect(await Promise.all([A, B].map((id) => cache.isRejected(id)))).toEqual([true, false]);
  vi.advanceTimersByTime(23 * 3_600_000);
  expect(await cache.isRejected(A)).toBe(true);
  vi.advanceTimersByTime(2 * 3_600_000);
  expect(await cache.isRejected(A)).toBe(false);
});

it("rejections are forgotten when another release is saved completely", async () => {
  await cache.reject(A);
  caches.full = true;
  await cache.save(B, files("https://x/1"));
  expect(await cache.isRejected(A)).toBe(true);
  caches.full = false;
  await cache.save(B, files("https://x/1"));
  expect(await cache.isRejected(A)).toBe(false);
});
