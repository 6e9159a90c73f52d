import { createHash } from "node:crypto";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { ReleaseCache } from "./cache";
import { MemoryCaches } from "./caches.testing";
import { type Problem, problemOf, ReleaseError } from "../errors";
import { loadRelease, type Timeouts } from "./load";
import { releaseId } from "./releaseId";
import { makeSigningKey, type PointerContent, type SigningKey, signPointer } from "./signing.testing";
import type { ExcludedRelease, LoadedRelease, Release } from "./types";

const SITE = "https://site.example";
const STORAGE = "https://storage.example/v0/b/bucket/o";

const sha256 = (content: string) => createHash("sha256").update(content).digest("hex");
const entry = (path: string, content: string) => ({ path, bytes: content.length, sha256: sha256(content) });

/** The id, the files and the manifest of a release with this name. */
async function makeRelease(name: string) {
  const contents: Record<string, string> = {
    "model.json": `{"of":"${name}"}`,
    "weights.bin": `weights of ${name}`,
    "report.json": `{"report of":"${name}"}`,
  };
  const content = {
    schema: 1,
    created: "2026-01-02T03:04:05Z",
    source: { commit: null, dirty: false },
    experiment: { name: "quick", seed: 0, parameters: 1 },
    weights: "float32",
    dataset: {
      name: "mnist",
      train: 60_000,
      validation: 7_000,
      test: 10_000,
      split: "writers",
      fallback: false,
    },
    metrics: { accuracy: 0.99, weighted_f1: 0.99 },
    input: { name: "image", shape: [-1, 28, 28, 1], range: [0, 255] },
    outputs: { logits: "Identity", probabilities: "Identity_1" },
    calibration: { temperature: 1.2, rejection_threshold: 0.5 },
    files: Object.entries(contents).map(([path, content]) => entry(path, content)),
  };
  const manifest = await withId(content);
  return { id: manifest.release, contents, manifest };
}

/** A manifest with the id of its other content. */
async function withId<T extends object>(content: T): Promise<T & { release: string }> {
  const bytes = new TextEncoder().encode(JSON.stringify(content)).buffer;
  return { ...content, release: await releaseId(bytes) };
}

const [bundled, stored, earlier] = await Promise.all(["bundled", "stored", "earlier"].map(makeRelease));
const BUNDLED = bundled!.id;
const STORED = stored!.id;
/** The release that Storage pointed at on an earlier visit. */
const EARLIER = earlier!.id;

function releaseOf(id: string) {
  const release = [bundled, stored, earlier].find((each) => each?.id === id);
  if (release === undefined) throw new Error(`no release ${id}`);
  return release;
}

const objectUrl = (path: string) => `${STORAGE}/${encodeURIComponent(path)}?alt=media`;
const currentUrl = objectUrl("models/current.json");
const storedUrl = (name: string) => objectUrl(`models/${STORED}/${name}`);
const weights = storedUrl("weights.bin");

/** Responses of the fake servers by URL: a text, or a function of the request. */
type Servers = Map<string, string | ((init: RequestInit) => Response | Promise<Response>)>;

/** Servers without errors. */
function workingServers(stored = STORED): Servers {
  const servers: Servers = new Map([[`${SITE}/config.json`, JSON.stringify({ storage: STORAGE })]]);
  const bundled = releaseOf(BUNDLED);
  servers.set(`${SITE}/model/manifest.json`, JSON.stringify(bundled.manifest));
  for (const [name, content] of Object.entries(bundled.contents))
    servers.set(`${SITE}/model/${name}`, content);
  const release = releaseOf(stored);
  for (const [name, content] of Object.entries(release.contents)) {
    servers.set(objectUrl(`models/${stored}/${name}`), content);
  }
  publish(servers, JSON.stringify(release.manifest), {}, stored);
  return servers;
}

/** Store a manifest in Storage and point at it. */
function publish(servers: Servers, manifest: string, pointer: object = {}, id = STORED): void {
  const path = `models/${id}/manifest.json`;
  servers.set(objectUrl(path), manifest);
  const current = { schema: 1, release: id, manifest: entry(path, manifest), ...pointer };
  servers.set(currentUrl, JSON.stringify(current));
}

let caches: MemoryCaches;
beforeEach(() => {
  caches = new MemoryCaches();
});

/** A fake start that expects exactly the manifest's files, without the report. */
function startVerified({ manifest, files }: Release): Promise<string> {
  const contents = [...files].map(([path, content]) => entry(path, new TextDecoder().decode(content)));
  expect(contents).toEqual(manifest.files.filter(({ path }) => path !== "report.json"));
  return Promise.resolve(manifest.release);
}

function load(
  servers: Servers,
  start: (release: Release) => Promise<string> = startVerified,
  storage?: () => MemoryCaches,
  timeouts: Partial<Timeouts & { cache: number }> = {},
  excluded: readonly ExcludedRelease[] = [],
) {
  // What a test saves late must not reach the caches of the next test.
  const opened = caches;
  const requests: { url: string; init: RequestInit | undefined }[] = [];
  const onProgress = vi.fn();
  const fakeFetch: typeof fetch = async (input, init) => {
    const url = String(input);
    requests.push({ url, init });
    const content = servers.get(url);
    if (typeof content === "function") return content(init ?? {});
    return new Response(content ?? "Not found", { status: content === undefined ? 404 : 200 });
  };
  const release = loadRelease({
    fetch: fakeFetch,
    cache: new ReleaseCache(() => (storage?.() ?? opened) as unknown as CacheStorage, timeouts.cache),
    start,
    excluded,
    onProgress,
    configUrl: `${SITE}/config.json`,
    bundledUrl: `${SITE}/model/`,
    timeouts: { stalled: 20, slow: 60_000, late: 60_000, ...timeouts },
  });
  return { release, requests, onProgress };
}

/** Visit while Storage points at `EARLIER`, and wait until it is cached. */
async function visitEarlier(): Promise<void> {
  await load(workingServers(EARLIER)).release;
  await waitUntilCached(EARLIER);
}

async function waitUntilCached(id: string): Promise<void> {
  await vi.waitFor(() => expect(caches.stored.get(`digits-release-${id}`)?.size).toBe(4), { interval: 1 });
  // The configuration is cached last.
  await vi.waitFor(() => expect(caches.stored.get("digits-config")?.size).toBe(1), { interval: 1 });
}

/** Servers of a site without Storage. */
function serversWithoutStorage(): Servers {
  return workingServers().set(`${SITE}/config.json`, '{ "storage": null }');
}

/** Expect this update, and cache it. */
async function saveUpdate(running: LoadedRelease<string>, expected: { origin: string; id: string }) {
  const update = await running.findNewer?.();
  const { origin, manifest } = update?.release ?? {};
  expect({ origin, id: manifest?.release }).toEqual(expected);
  await update?.save();
}

/** Why the update of a cached release is rejected; null if it is not. */
async function updateProblem(running: LoadedRelease<string>): Promise<Problem | null> {
  try {
    await running.findNewer?.();
    return running.fallbackReason;
  } catch (error) {
    return problemOf(error);
  }
}

describe("a first visit", () => {
  it("runs the release that Storage points at, with verified files", async () => {
    const release = await load(workingServers()).release;
    expect(release).toMatchObject({ origin: "storage", fallbackReason: null, model: STORED });
    expect(release.manifest.release).toBe(STORED);
    const decode = (name: string) => new TextDecoder().decode(release.files.get(name));
    expect([...release.files.keys()].sort()).toEqual(["model.json", "weights.bin"]);
    expect(decode("weights.bin")).toBe("weights of stored");
  });

  it("repeats a request once after status 503", async () => {
    const servers = workingServers();
    for (const [url, content] of servers) {
      let requests = 0;
      servers.set(url, () =>
        requests++ === 0 ? new Response("Busy", { status: 503 }) : new Response(String(content)),
      );
    }
    expect(await load(servers).release).toMatchObject({ origin: "storage", fallbackReason: null });
  });

  it("sends no credentials, and revalidates the files that may change", async () => {
    const { release, requests } = load(workingServers());
    await release;
    expect(requests.every(({ init }) => init?.credentials === "omit")).toBe(true);
    const cacheOf = (url: string) => requests.find((request) => request.url === url)?.init?.cache;
    expect(cacheOf(`${SITE}/config.json`)).toBe("no-cache");
    expect(cacheOf(currentUrl)).toBe("no-cache");
    expect(cacheOf(weights)).toBe("default");
  });

  it("runs the bundled release if there is no Storage, and sends no request to other hosts", async () => {
    const { release, requests } = load(serversWithoutStorage());
    expect(await release).toMatchObject({
      origin: "bundled",
      fallbackReason: null,
      manifest: { release: BUNDLED },
    });
    expect(requests.every(({ url }) => url.startsWith(SITE))).toBe(true);
  });

  it("reports the received bytes of the release's files, up to the total", async () => {
    const { release, onProgress } = load(workingServers());
    const total = [...(await release).files.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
    const counts = onProgress.mock.calls.map(([received]) => Number(received));
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(onProgress).toHaveBeenLastCalledWith(total, total);
  });

  it("reports progress at most every 100 ms, and at the end", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      const servers = workingServers();
      const content = String(servers.get(weights));
      let sent = 0;
      const chunks = () =>
        new ReadableStream<Uint8Array<ArrayBuffer>>(
          {
            pull(controller) {
              if (sent === content.length) return controller.close();
              if (sent > 0) vi.advanceTimersByTime(40);
              controller.enqueue(new TextEncoder().encode(content[sent++]));
            },
          },
          { highWaterMark: 0 },
        );
      servers.set(weights, () => new Response(chunks()));
      const { release, onProgress } = load(servers);
      const times: number[] = [];
      onProgress.mockImplementation(() => times.push(performance.now()));
      await release;
      const intervals = times.slice(1, -1).map((time, i) => time - (times[i] ?? NaN));
      expect(intervals.length).toBeGreaterThan(2);
      expect(Math.min(...intervals)).toBeGreaterThanOrEqual(100);
      const [received, total] = onProgress.mock.lastCall ?? [];
      expect(received).toBe(total);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("on a later visit", () => {
  beforeEach(visitEarlier);

  it("the cached release starts from the cache, and only the pointer is downloaded if it has not changed", async () => {
    const { release, requests } = load(workingServers(EARLIER));
    const running = await release;
    expect(running).toMatchObject({ origin: "cache", model: EARLIER, fallbackReason: null });
    expect(requests.map(({ url }) => url)).toEqual([`${SITE}/config.json`]);
    expect(await running.findNewer?.()).toBeNull();
    expect(requests.map(({ url }) => url)).toEqual([`${SITE}/config.json`, currentUrl]);
  });

  it("a newer release is started beside the cached one, and replaces it at the next visit", async () => {
    const running = await load(workingServers()).release;
    expect(running.model).toBe(EARLIER);
    await saveUpdate(running, { origin: "storage", id: STORED });
    await waitUntilCached(STORED);
    expect(caches.ids).toEqual([EARLIER, STORED]);
    expect(await load(workingServers()).release).toMatchObject({ origin: "cache", model: STORED });
    expect(caches.ids).toEqual([STORED]);
  });

  it("a release that another page saves meanwhile stays cached", async () => {
    const start = (release: Release) => {
      void caches.open(`digits-release-${STORED}`);
      return startVerified(release);
    };
    expect(await load(workingServers(), start).release).toMatchObject({ origin: "cache", model: EARLIER });
    expect(caches.ids).toEqual([EARLIER, STORED]);
  });

  it("the cached release stays if no backend starts", async () => {
    const start = () => Promise.reject(new ReleaseError({ code: "noBackend" }));
    await expect(load(workingServers(), start).release).rejects.toMatchObject({
      problem: { code: "noBackend" },
    });
    expect(caches.ids).toEqual([EARLIER]);
  });

  it("the previous release runs if the newest cached one is damaged", async () => {
    await saveUpdate(await load(workingServers()).release, { origin: "storage", id: STORED });
    await waitUntilCached(STORED);
    caches.stored.get(`digits-release-${STORED}`)?.set(weights, new Response("WEIGHTS"));
    expect(await load(workingServers()).release).toMatchObject({ origin: "cache", model: EARLIER });
    expect(caches.ids).toEqual([EARLIER]);
  });

  it("a damaged cached release is deleted, and Storage's release is downloaded", async () => {
    const urls = [...(caches.stored.get(`digits-release-${EARLIER}`)?.keys() ?? [])];
    for (const url of urls) {
      const cached = caches.stored.get(`digits-release-${EARLIER}`);
      const content = (await cached?.get(url)?.clone().text()) ?? "";
      cached?.set(url, new Response(flipBit(content)));
      expect(await load(workingServers(EARLIER)).release, url).toMatchObject({
        origin: "storage",
        model: EARLIER,
      });
      await waitUntilCached(EARLIER);
    }
    expect(urls).toHaveLength(4);
  });

  it("the cached release runs and a problem is reported if the site's configuration is unavailable", async () => {
    const running = await load(new Map()).release;
    expect(running).toMatchObject({ origin: "cache", model: EARLIER });
    expect(await updateProblem(running)).toMatchObject({
      code: "httpStatus",
      file: "site.example/config.json",
      status: 404,
    });
  });

  it("a cached release of another Storage runs until a release of the current Storage is cached", async () => {
    const elsewhere = "https://elsewhere.example/o";
    const servers = workingServers();
    servers.set(`${SITE}/config.json`, JSON.stringify({ storage: elsewhere }));
    expect(await updateProblem(await load(servers).release)).toMatchObject({
      code: "httpStatus",
      file: expect.stringMatching(/^elsewhere.*current\.json$/) as string,
      status: 404,
    });
    for (const [url, content] of [...servers]) servers.set(url.replace(STORAGE, elsewhere), content);
    const running = await load(servers).release;
    expect(running).toMatchObject({ origin: "cache", model: EARLIER });
    await saveUpdate(running, { origin: "storage", id: STORED });
    await waitUntilCached(STORED);
    expect(await load(servers).release).toMatchObject({ origin: "cache", model: STORED });
    expect(caches.ids).toEqual([STORED]);
  });

  it("the bundled release is the update if the site no longer has a Storage, and runs at the next visit", async () => {
    const servers = serversWithoutStorage();
    const running = await load(servers).release;
    expect(running).toMatchObject({ origin: "cache", model: EARLIER });
    await saveUpdate(running, { origin: "bundled", id: BUNDLED });
    const { release, requests } = load(servers);
    expect(await release).toMatchObject({ origin: "bundled", model: BUNDLED, fallbackReason: null });
    expect(requests.every(({ url }) => url.startsWith(SITE))).toBe(true);
  });
});

describe("on a later visit to a site that had no Storage", () => {
  beforeEach(async () => {
    await load(serversWithoutStorage()).release;
  });

  it("the bundled release runs without a problem if the configuration is unavailable", async () => {
    const servers = serversWithoutStorage();
    servers.delete(`${SITE}/config.json`);
    const running = await load(servers).release;
    expect(running).toMatchObject({ origin: "bundled", model: BUNDLED, fallbackReason: null });
    expect(await running.findNewer?.()).toBeNull();
  });

  it("the release of a newly configured Storage is the update, and runs at the next visit", async () => {
    const running = await load(workingServers()).release;
    expect(running).toMatchObject({ origin: "bundled", model: BUNDLED });
    await saveUpdate(running, { origin: "storage", id: STORED });
    await waitUntilCached(STORED);
    expect(await load(workingServers()).release).toMatchObject({ origin: "cache", model: STORED });
  });

  it("there is no update if Storage has the same release as the site; it is cached", async () => {
    expect(await (await load(workingServers(BUNDLED)).release).findNewer?.()).toBeNull();
    await waitUntilCached(BUNDLED);
    expect(await load(workingServers(BUNDLED)).release).toMatchObject({ origin: "cache", model: BUNDLED });
  });

  it("Storage's release runs if the bundled one is broken", async () => {
    const servers = workingServers();
    servers.delete(`${SITE}/model/weights.bin`);
    expect(await load(servers).release).toMatchObject({ origin: "storage", model: STORED });
  });
});

describe("if the configuration never arrives", () => {
  const hang = (servers: Servers) => servers.set(`${SITE}/config.json`, () => new Promise(() => {}));

  it("the cached release starts", async () => {
    await visitEarlier();
    expect(await load(hang(workingServers())).release).toMatchObject({ origin: "cache", model: EARLIER });
  });

  it("the bundled release starts if there was no Storage", async () => {
    await load(serversWithoutStorage()).release;
    expect(await load(hang(workingServers())).release).toMatchObject({ origin: "bundled", model: BUNDLED });
  });
});

describe("without space in the cache", () => {
  it("Storage's release runs if the cache is full", async () => {
    caches.full = true;
    expect(await load(workingServers()).release).toMatchObject({ origin: "storage", model: STORED });
  });

  it("an incomplete release is deleted", async () => {
    caches.full = true;
    await new ReleaseCache(() => caches as unknown as CacheStorage).save(
      STORED,
      new Map([[weights, new ArrayBuffer(8)]]),
    );
    expect(caches.ids).toEqual([]);
  });

  it("a newer release is available if the cache is full, and the cached one stays", async () => {
    await visitEarlier();
    caches.full = true;
    const running = await load(workingServers()).release;
    await saveUpdate(running, { origin: "storage", id: STORED });
    await vi.waitFor(() => expect(caches.ids).toEqual([EARLIER]));
  });

  it("Storage's release runs if Cache Storage is forbidden", async () => {
    const missing = () => {
      throw new DOMException("Not here", "SecurityError");
    };
    expect(await load(workingServers(), startVerified, missing).release).toMatchObject({
      origin: "storage",
      model: STORED,
    });
  });
});

describe("if Cache Storage never answers", () => {
  const never = () => new Promise<never>(() => {});
  const timeouts = { cache: 20 };

  it("Storage's release runs", async () => {
    Object.assign(caches, { keys: never, match: never, delete: never, open: never });
    expect(await load(workingServers(), startVerified, undefined, timeouts).release).toMatchObject({
      origin: "storage",
      model: STORED,
    });
  });

  it("the cached release is replaced, and stays cached", async () => {
    await visitEarlier();
    const { match } = caches;
    caches.match = (url, options) => {
      const name = options.cacheName;
      const hangs = name.startsWith("digits-release-");
      return hangs ? Promise.resolve(new Response(new ReadableStream())) : match(url, options);
    };
    caches.full = true;
    expect(await load(workingServers(), startVerified, undefined, timeouts).release).toMatchObject({
      origin: "storage",
      model: STORED,
    });
    expect(caches.ids).toContain(EARLIER);
  });
});

it("the manifest of the bundled release is requested again if the first request failed", async () => {
  const servers = workingServers();
  const url = `${SITE}/model/manifest.json`;
  const manifest = String(servers.get(url));
  let requests = 0;
  servers.set(url, () =>
    requests++ === 0 ? new Response("Error", { status: 500 }) : new Response(manifest),
  );
  // The first request has failed when the release of Storage has.
  servers.set(currentUrl, async () => {
    await vi.waitFor(() => expect(requests).toBe(1));
    await new Promise((resolve) => setTimeout(resolve));
    return new Response("Gone", { status: 410 });
  });
  expect(await load(servers).release).toMatchObject({ origin: "bundled", model: BUNDLED });
});

describe("a damaged copy in the browser's HTTP cache", () => {
  it("is downloaded again, once", async () => {
    const servers = workingServers();
    const good = String(servers.get(weights));
    const modes: (RequestCache | undefined)[] = [];
    servers.set(weights, ({ cache }) => {
      modes.push(cache);
      return new Response(cache === "reload" ? good : flipBit(good));
    });
    expect(await load(servers).release).toMatchObject({ origin: "storage", model: STORED });
    expect(modes).toEqual(["default", "reload"]);
  });
});

/** Errors of Storage and the problems that are reported for them. */
const storageErrors: [name: string, breakServers: (servers: Servers) => void, problem: object][] = [
  [
    "is empty",
    (servers) => servers.delete(objectUrl("models/current.json")),
    { code: "httpStatus", file: "storage.example/models/current.json", status: 404 },
  ],
  [
    "returns a modified file",
    (servers) => servers.set(weights, "WEIGHTS of stored"),
    { code: "wrongHash", file: `storage.example/models/${STORED}/weights.bin` },
  ],
  [
    "returns a truncated file",
    (servers) => servers.set(weights, "weights"),
    { code: "wrongSize", file: `storage.example/models/${STORED}/weights.bin`, bytes: 7 },
  ],
  [
    "lacks a file",
    (servers) => servers.delete(weights),
    { code: "httpStatus", file: `storage.example/models/${STORED}/weights.bin`, status: 404 },
  ],
  [
    "returns a web page",
    (servers) => servers.set(objectUrl("models/current.json"), "<!doctype html><title>Sign in</title>"),
    { code: "notJson", file: "storage.example/models/current.json" },
  ],
  [
    "changes the manifest but not the pointer",
    (servers) => {
      const url = objectUrl(`models/${STORED}/manifest.json`);
      servers.set(url, String(servers.get(url)).replace("0.99", "0.98"));
    },
    { code: "wrongHash", file: `storage.example/models/${STORED}/manifest.json` },
  ],
  [
    "has a newer manifest",
    (servers) => publish(servers, JSON.stringify({ ...releaseOf(STORED).manifest, schema: 2 })),
    { code: "newerSchema", schema: 2 },
  ],
  [
    "has a newer pointer",
    (servers) => publish(servers, JSON.stringify(releaseOf(STORED).manifest), { schema: 3 }),
    { code: "newerSchema", schema: 3 },
  ],
  [
    "lists a file outside of the release",
    (servers) => {
      const files = [entry("model.json", "{}"), entry("../current.json", "x")];
      publish(servers, JSON.stringify({ ...releaseOf(STORED).manifest, files }));
    },
    { code: "invalid", where: "manifest.json files.1.path" },
  ],
  [
    "has a release under the id of another",
    (servers) => publish(servers, JSON.stringify(releaseOf(BUNDLED).manifest)),
    { code: "wrongRelease", release: BUNDLED },
  ],
  [
    "points at a missing release",
    (servers) => pointAt(servers, "0".repeat(16)),
    { code: "httpStatus", file: `storage.example/models/${"0".repeat(16)}/manifest.json`, status: 404 },
  ],
  [
    "points at a manifest outside of the release",
    (servers) => {
      publish(servers, "{}", { manifest: entry(`models/${STORED}/../../secret.json`, "{}") });
    },
    { code: "invalid", where: "current.json manifest.path" },
  ],
  [
    "points at an invalid release id",
    (servers) => pointAt(servers, "../../secret"),
    { code: "invalid", where: "current.json release" },
  ],
  [
    "lists a file of 200 MB",
    (servers) => publishFiles(servers, [{ ...entry("weights.bin", "x"), bytes: 200e6 }]),
    { code: "invalid", where: "manifest.json files.1.bytes" },
  ],
  [
    "lists files of 100 MB in total",
    (servers) => publishFiles(servers, Array(100).fill({ ...entry("weights.bin", "x"), bytes: 1e6 })),
    { code: "invalid", where: "manifest.json files" },
  ],
];

/** Errors of the site's configuration. */
const configErrors: typeof storageErrors = [
  [
    "has an invalid URL in the configuration",
    (servers) => servers.set(`${SITE}/config.json`, '{ "storage": 5 }'),
    { code: "invalid", where: "config.json storage" },
  ],
  [
    "has a configuration that is missing",
    (servers) => servers.delete(`${SITE}/config.json`),
    { code: "httpStatus", file: "site.example/config.json", status: 404 },
  ],
  [
    "has a configuration that never arrives",
    (servers) =>
      servers.set(
        `${SITE}/config.json`,
        ({ signal }) =>
          new Promise((_, reject) =>
            signal?.addEventListener("abort", () => reject(signal.reason as DOMException)),
          ),
      ),
    { code: "timeout", file: "site.example/config.json" },
  ],
];

function pointAt(servers: Servers, release: string): void {
  const manifest = entry(`models/${release}/manifest.json`, "{}");
  servers.set(currentUrl, JSON.stringify({ schema: 1, release, manifest }));
}

/** Publish a manifest that lists these files and model.json. */
function publishFiles(servers: Servers, files: object[]): void {
  const { manifest } = releaseOf(STORED);
  publish(servers, JSON.stringify({ ...manifest, files: [...manifest.files.slice(0, 1), ...files] }));
}

function flipBit(content: string): string {
  const middle = content.length >> 1;
  const flipped = String.fromCharCode(content.charCodeAt(middle) ^ 1);
  return content.slice(0, middle) + flipped + content.slice(middle + 1);
}

/** A response with the first bytes of `content` that never ends unless the request is aborted. */
function stall(content: string, { signal }: RequestInit): Response {
  const start = (controller: ReadableStreamDefaultController) => {
    controller.enqueue(new TextEncoder().encode(content.slice(0, 3)));
    signal?.addEventListener("abort", () => controller.error(signal.reason));
  };
  return new Response(new ReadableStream({ start }));
}

/** Returns a faulty response for a file's content. */
type FaultyResponse = (content: string, init: RequestInit) => Response | Promise<Response>;

const faultyResponses: Record<string, FaultyResponse> = {
  missing: () => new Response("Not found", { status: 404 }),
  "shorter by one byte": (content) => new Response(content.slice(0, -1)),
  "longer by one byte": (content) => new Response(`${content}x`),
  "changed in one bit": (content) => new Response(flipBit(content)),
  "replaced by an error page with status 200": () => new Response("<!doctype html><title>404</title>"),
  "interrupted by a network error": (content) => {
    const start = (controller: ReadableStreamDefaultController) => {
      controller.enqueue(new TextEncoder().encode(content.slice(0, 3)));
      queueMicrotask(() => controller.error(new TypeError("network error")));
    };
    return new Response(new ReadableStream({ start }));
  },
  "slower than the timeout": (_, { signal }) =>
    new Promise((_, reject) =>
      signal?.addEventListener("abort", () => reject(signal.reason as DOMException)),
    ),
  "incomplete at the timeout": stall,
  endless: () => new Response(endless().stream),
  "unavailable with status 503": () => new Response("Busy", { status: 503 }),
  unreachable: () => Promise.reject(new TypeError("Failed to fetch")),
};

/** An endless stream in chunks of 64 KiB. */
function endless() {
  const seen = { bytes: 0, cancelled: false };
  const pull = (controller: ReadableStreamDefaultController) => {
    seen.bytes += 65_536;
    controller.enqueue(new Uint8Array(65_536));
  };
  return { seen, stream: new ReadableStream({ pull, cancel: () => void (seen.cancelled = true) }) };
}

for (const object of ["current.json", "manifest.json", "model.json", "weights.bin"]) {
  for (const [fault, respond] of Object.entries(faultyResponses)) {
    const url = object === "current.json" ? currentUrl : storedUrl(object);
    const breakServers = (servers: Servers) => {
      const content = String(servers.get(url));
      servers.set(url, (init) => respond(content, init));
    };
    storageErrors.push([`has its ${object} ${fault}`, breakServers, {}]);
  }
}

describe.each([...storageErrors, ...configErrors])("when Storage %s", (_, breakServers, problem) => {
  it("the bundled release runs on a first visit, and the problem is reported", async () => {
    const servers = workingServers();
    breakServers(servers);
    const release = await load(servers).release;
    expect(release).toMatchObject({ origin: "bundled", model: BUNDLED });
    expect(release.fallbackReason).toMatchObject(problem);
    expect(caches.ids).toEqual([]);
  });

  it("the last working release runs on later visits, and the problem is reported", async () => {
    await visitEarlier();
    const servers = workingServers();
    breakServers(servers);
    for (let visit = 0; visit < 2; visit++) {
      const release = await load(servers).release;
      expect(release).toMatchObject({ origin: "cache", model: EARLIER });
      expect(await updateProblem(release)).toMatchObject(problem);
      expect(caches.ids).toEqual([EARLIER]);
    }
  });
});

describe("a cached release with other content under its id", () => {
  /** Cache this manifest as that of `EARLIER`. */
  function poison(manifest: string): void {
    const path = `models/${EARLIER}/manifest.json`;
    const pointer = { schema: 1, release: EARLIER, manifest: entry(path, manifest) };
    const cached = caches.stored.get(`digits-release-${EARLIER}`);
    cached?.set(objectUrl(path), new Response(manifest));
    cached?.set(currentUrl, new Response(JSON.stringify(pointer)));
  }

  it("does not start, and Storage's release replaces it", async () => {
    await visitEarlier();
    const { manifest } = releaseOf(EARLIER);
    poison(JSON.stringify({ ...manifest, calibration: { ...manifest.calibration, temperature: 0.01 } }));
    expect(await load(new Map(workingServers(EARLIER))).release).toMatchObject({ origin: "storage" });
    await waitUntilCached(EARLIER);
    const running = await load(workingServers(EARLIER)).release;
    expect(running).toMatchObject({ origin: "cache", manifest: { temperature: 1.2 } });
  });

  it("is replaced even if its id is the right one", async () => {
    await visitEarlier();
    poison(JSON.stringify(releaseOf(EARLIER).manifest, null, 1));
    const running = await load(workingServers(EARLIER)).release;
    expect(running).toMatchObject({ origin: "cache", model: EARLIER });
    await saveUpdate(running, { origin: "storage", id: EARLIER });
    expect(await (await load(workingServers(EARLIER)).release).findNewer?.()).toBeNull();
  });
});

describe("on a slow connection", () => {
  /** Weights that arrive byte by byte. */
  function dripWeights(servers: Servers, beforeByte: () => void | Promise<void>): void {
    const bytes = new TextEncoder().encode(String(servers.get(weights)));
    let sent = 0;
    const pull = async (controller: ReadableStreamDefaultController) => {
      if (sent === bytes.length) return controller.close();
      await beforeByte();
      controller.enqueue(bytes.slice(sent, ++sent));
    };
    servers.set(weights, ({ signal }) => {
      const start = (controller: ReadableStreamDefaultController) =>
        signal?.addEventListener("abort", () => controller.error(signal.reason));
      return new Response(new ReadableStream({ start, pull }, { highWaterMark: 0 }));
    });
  }

  /** Weights that arrive when the returned function is called. */
  function holdWeights(servers: Servers): (response: Response) => void {
    let respond: (response: Response) => void = () => {};
    const response = new Promise<Response>((resolve) => (respond = resolve));
    servers.set(weights, () => response);
    return respond;
  }

  const loadSlowly = (servers: Servers, timeouts: Partial<Timeouts>) =>
    load(servers, startVerified, undefined, { stalled: 60_000, ...timeouts });

  it("a download takes as long as it needs while data arrive", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const servers = workingServers();
      let elapsed = 0;
      dripWeights(servers, () => {
        vi.advanceTimersByTime(15);
        elapsed += 15;
      });
      const timeouts = { stalled: 20, slow: 20 };
      expect(await loadSlowly(servers, timeouts).release).toMatchObject({ origin: "storage", model: STORED });
      expect(elapsed).toBeGreaterThan(100);
    } finally {
      vi.useRealTimers();
    }
  });

  it("the bundled release starts while Storage sends nothing, and Storage's is an update", async () => {
    const servers = workingServers();
    const respond = holdWeights(servers);
    const content = releaseOf(STORED).contents["weights.bin"];
    const running = await loadSlowly(servers, { slow: 5 }).release;
    expect(running).toMatchObject({ origin: "bundled", model: BUNDLED, fallbackReason: null });
    respond(new Response(content));
    await saveUpdate(running, { origin: "storage", id: STORED });
    expect(await load(servers).release).toMatchObject({ origin: "cache", model: STORED });
  });

  it("the bundled release starts while Storage sends little", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const servers = workingServers();
      let continueDripping = () => {};
      const started = new Promise<void>((resolve) => (continueDripping = resolve));
      let elapsed = 0;
      dripWeights(servers, () => {
        if (elapsed > 100) return started;
        vi.advanceTimersByTime(15);
        elapsed += 15;
      });
      const running = await loadSlowly(servers, { slow: 20, late: 100 }).release;
      expect(running).toMatchObject({ origin: "bundled", model: BUNDLED });
      continueDripping();
      await saveUpdate(running, { origin: "storage", id: STORED });
    } finally {
      vi.useRealTimers();
    }
  });

  it("the bundled release starts while the site's configuration does not arrive", async () => {
    const servers = workingServers();
    const config = servers.get(`${SITE}/config.json`);
    let respond: (response: Response) => void = () => {};
    const response = new Promise<Response>((resolve) => (respond = resolve));
    servers.set(`${SITE}/config.json`, () => response);
    const running = await loadSlowly(servers, { slow: 5 }).release;
    expect(running).toMatchObject({ origin: "bundled", model: BUNDLED });
    respond(new Response(String(config)));
    await saveUpdate(running, { origin: "storage", id: STORED });
  });

  it("an error of a late release is reported", async () => {
    const servers = workingServers();
    const respond = holdWeights(servers);
    const running = await loadSlowly(servers, { slow: 5 }).release;
    respond(new Response("Gone", { status: 410 }));
    expect(await updateProblem(running)).toMatchObject({ code: "httpStatus", status: 410 });
  });

  it("a late release runs if the bundled one is broken", async () => {
    const servers = workingServers();
    const respond = holdWeights(servers);
    servers.set(`${SITE}/model/weights.bin`, () => {
      respond(new Response(releaseOf(STORED).contents["weights.bin"]));
      return new Response("Gone", { status: 410 });
    });
    expect(await loadSlowly(servers, { slow: 5 }).release).toMatchObject({
      origin: "storage",
      model: STORED,
    });
  });
});

describe("with pinned keys", () => {
  /** Servers whose pointer is signed, and whose site pins `keys`. */
  async function signedServers(
    key: SigningKey,
    version: number,
    { keys = [key], id = STORED, expires }: { keys?: SigningKey[]; id?: string; expires?: string } = {},
  ): Promise<Servers> {
    const servers = workingServers(id);
    pin(servers, keys);
    const pointer = JSON.parse(String(servers.get(currentUrl))) as PointerContent;
    return servers.set(currentUrl, await signPointer(pointer, key, version, expires));
  }

  function pin(servers: Servers, keys: readonly SigningKey[]): Servers {
    const config = { storage: STORAGE, keys: keys.map(({ publicKey }) => publicKey) };
    return servers.set(`${SITE}/config.json`, JSON.stringify(config));
  }

  /** Visit while Storage points at `EARLIER` with a signature of this version, and wait until it is cached. */
  async function visitSigned(key: SigningKey, version: number): Promise<void> {
    await load(await signedServers(key, version, { id: EARLIER })).release;
    await waitUntilCached(EARLIER);
  }

  /** Only the site answers. */
  function offline(servers: Servers): Servers {
    return new Map([...servers].filter(([url]) => url.startsWith(SITE)));
  }

  let first: SigningKey;
  let second: SigningKey;
  beforeAll(async () => {
    [first, second] = await Promise.all([makeSigningKey(), makeSigningKey()]);
  });

  it("a signed release runs, and names its signer", async () => {
    const servers = await signedServers(second, 7, {
      keys: [first, second],
      expires: "2027-01-01T00:00:00Z",
    });
    const signature = {
      key: second.publicKey,
      keyId: createHash("sha256").update(second.publicKey, "base64").digest("hex").slice(0, 16),
      version: 7,
      signedAt: "2026-11-28T09:00:00Z",
      expires: "2027-01-01T00:00:00Z",
    };
    expect(await load(servers).release).toMatchObject({ origin: "storage", model: STORED, signature });
    await waitUntilCached(STORED);
    expect(await load(servers).release).toMatchObject({ origin: "cache", model: STORED, signature });
  });

  const forgeries: [name: string, forge: (servers: Servers) => Promise<unknown> | unknown, code: string][] = [
    ["no signature", (servers) => publish(servers, JSON.stringify(releaseOf(STORED).manifest)), "unsigned"],
    [
      "the signature of another key",
      async (servers) => servers.set(currentUrl, String((await signedServers(second, 9)).get(currentUrl))),
      "wrongSignature",
    ],
    [
      "a raised version",
      (servers) =>
        servers.set(currentUrl, String(servers.get(currentUrl)).replace('"version":8', '"version":9')),
      "wrongSignature",
    ],
    [
      "a lower version",
      async (servers) => servers.set(currentUrl, String((await signedServers(first, 4)).get(currentUrl))),
      "olderVersion",
    ],
  ];

  it.each(forgeries)("a pointer with %s is refused on later visits", async (_, forge, code) => {
    await visitSigned(first, 5);
    const servers = await signedServers(first, 8);
    await forge(servers);
    const running = await load(servers).release;
    expect(running).toMatchObject({ origin: "cache", model: EARLIER });
    expect(await updateProblem(running)).toMatchObject({ code });
    expect(caches.ids).toEqual([EARLIER]);
  });

  it.each(forgeries.slice(0, 3))(
    "a pointer with %s is refused on the first visit",
    async (_, forge, code) => {
      const servers = await signedServers(first, 8);
      await forge(servers);
      expect(await load(servers).release).toMatchObject({ origin: "bundled", fallbackReason: { code } });
      expect(caches.ids).toEqual([]);
    },
  );

  it("a lower version is refused even if no release is cached any more", async () => {
    await visitSigned(first, 5);
    caches.stored.delete(`digits-release-${EARLIER}`);
    expect(await load(await signedServers(first, 4)).release).toMatchObject({
      origin: "bundled",
      fallbackReason: { code: "olderVersion", version: 4, newest: 5 },
    });
    expect(await load(await signedServers(first, 5)).release).toMatchObject({ origin: "storage" });
  });

  it("a version below that of the site's configuration is refused on the first visit", async () => {
    const servers = await signedServers(first, 4);
    const config = JSON.parse(String(servers.get(`${SITE}/config.json`))) as object;
    servers.set(`${SITE}/config.json`, JSON.stringify({ ...config, version: 5 }));
    expect(await load(servers).release).toMatchObject({
      origin: "bundled",
      fallbackReason: { code: "olderVersion", version: 4, newest: 5 },
    });
    servers.set(`${SITE}/config.json`, JSON.stringify({ ...config, version: 4 }));
    expect(await load(servers).release).toMatchObject({ origin: "storage" });
  });

  it("an older release runs if it is signed with a higher version", async () => {
    await load(await signedServers(first, 5)).release;
    await waitUntilCached(STORED);
    const running = await load(await signedServers(first, 6, { id: EARLIER })).release;
    await saveUpdate(running, { origin: "storage", id: EARLIER });
  });

  it("an update is not saved if a newer version was used meanwhile", async () => {
    await visitSigned(first, 5);
    const update = await (await load(await signedServers(first, 6)).release).findNewer?.();
    await (await load(await signedServers(first, 7, { id: EARLIER })).release).findNewer?.();
    await expect(update?.save()).rejects.toMatchObject({
      problem: { code: "olderVersion", version: 6, newest: 7 },
    });
    expect(caches.ids).toEqual([EARLIER]);
  });

  it("of updates that two pages save at once, the newer one stays", async () => {
    await visitSigned(first, 5);
    let last: Promise<unknown> = Promise.resolve();
    const request = (_name: string, _options: object, task: () => Promise<void>) => {
      const result = last.then(task);
      last = result.catch(() => {});
      return result;
    };
    vi.stubGlobal("navigator", { locks: { request } });
    const find = async (version: number, id: string) =>
      (await load(await signedServers(first, version, { id })).release).findNewer?.();
    const [newer, older] = [await find(7, STORED), await find(6, BUNDLED)];
    const saved = await Promise.allSettled([newer?.save(), older?.save()]);
    vi.unstubAllGlobals();
    expect(saved.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(caches.ids).toEqual([EARLIER, STORED]);
    expect(await updateProblem(await load(await signedServers(first, 6)).release)).toMatchObject({
      code: "olderVersion",
      newest: 7,
    });
  });

  it("versions of a revoked key do not count", async () => {
    await visitSigned(first, Number.MAX_SAFE_INTEGER);
    const servers = await signedServers(second, 6);
    expect(await updateProblem(await load(servers).release)).toEqual({ code: "revoked" });
    expect(await load(servers).release).toMatchObject({ origin: "storage", model: STORED });
  });

  it("a release signed by a revoked key is revoked at once, and does not start at the next visit, even offline", async () => {
    await visitSigned(first, 5);
    const servers = offline(await signedServers(second, 6));
    const running = await load(servers).release;
    expect(running).toMatchObject({ origin: "cache", model: EARLIER });
    expect(await updateProblem(running)).toEqual({ code: "revoked" });
    expect(await load(servers).release).toMatchObject({ origin: "bundled" });
    expect(caches.ids).toEqual([]);
  });

  it("an unsigned release does not start after the site has pinned a key", async () => {
    await visitEarlier();
    const servers = offline(await signedServers(first, 6));
    expect(await updateProblem(await load(servers).release)).toEqual({ code: "revoked" });
    expect(await load(servers).release).toMatchObject({ origin: "bundled" });
  });

  it("a revoked release is replaced by the current one; the same release may be signed anew later", async () => {
    await visitSigned(first, 5);
    const servers = await signedServers(second, 6);
    expect(await updateProblem(await load(servers).release)).toEqual({ code: "revoked" });
    const excluded = [{ release: EARLIER, problem: { code: "revoked" } as const }];
    const reload = (servers: Servers) => load(servers, startVerified, undefined, {}, excluded).release;
    expect(await reload(servers)).toMatchObject({ origin: "storage", model: STORED });
    await waitUntilCached(STORED);
    expect(await reload(await signedServers(second, 7, { id: EARLIER }))).toMatchObject({ model: STORED });
    caches = new MemoryCaches();
    const renewed = await signedServers(second, 7, { id: EARLIER });
    expect(await reload(renewed)).toMatchObject({ origin: "storage", model: EARLIER });
  });

  it("a revoked release that cannot be deleted from the cache does not start again", async () => {
    await visitSigned(first, 5);
    caches.delete = () => Promise.resolve(false);
    const excluded = [{ release: EARLIER, problem: { code: "revoked" } as const }];
    const servers = await signedServers(first, 5, { id: EARLIER });
    expect(await load(servers, startVerified, undefined, {}, excluded).release).toMatchObject({
      origin: "storage",
    });
  });

  it("a release is revoked even if Storage never answers", async () => {
    await visitSigned(first, 5);
    const servers = await signedServers(second, 6, { id: EARLIER });
    servers.set(currentUrl, () => new Promise(() => {}));
    const running = await load(servers, startVerified, undefined, { stalled: 60_000, slow: 5 }).release;
    expect(await updateProblem(running)).toEqual({ code: "revoked" });
  });

  it("the bundled release runs after a release of the same id is revoked", async () => {
    await load(await signedServers(first, 5, { id: BUNDLED })).release;
    await waitUntilCached(BUNDLED);
    const servers = offline(await signedServers(second, 6));
    expect(await updateProblem(await load(servers).release)).toEqual({ code: "revoked" });
    const excluded = [{ release: BUNDLED, problem: { code: "revoked" } as const }];
    expect(await load(servers, startVerified, undefined, {}, excluded).release).toMatchObject({
      origin: "bundled",
      model: BUNDLED,
    });
  });

  it("a release that is signed anew by another key keeps running, even offline", async () => {
    await visitSigned(first, 5);
    const servers = await signedServers(second, 6, { id: EARLIER });
    const running = await load(servers).release;
    expect(await running.findNewer?.()).toBeNull();
    expect(await load(offline(servers)).release).toMatchObject({
      origin: "cache",
      model: EARLIER,
      signature: { key: second.publicKey, version: 6 },
    });
    expect(await updateProblem(await load(await signedServers(second, 5)).release)).toMatchObject({
      code: "olderVersion",
    });
  });

  it("no signature is checked without keys", async () => {
    const servers = pin(await signedServers(first, 8), []);
    expect(await load(servers).release).toMatchObject({ origin: "storage", signature: null });
  });

  it.each([
    ["more than eight", (key: string) => Array(9).fill(key)],
    ["one that is not on P-256", (key: string) => [key.replace("MFkw", "MFkx")]],
    ["none but null", () => null],
  ])("no release of Storage runs if the keys are invalid: %s", async (_, keys) => {
    const servers = await signedServers(first, 8);
    const config = { storage: STORAGE, keys: keys(first.publicKey) };
    servers.set(`${SITE}/config.json`, JSON.stringify(config));
    expect(await load(servers).release).toMatchObject({
      origin: "bundled",
      fallbackReason: { code: "invalid", where: expect.stringMatching(/^config\.json keys/) as string },
    });
  });
});

describe("a verified release that does not start", () => {
  it("is not started or downloaded again after it was excluded, until another release is saved", async () => {
    const problem: Problem = { code: "startTimeout", seconds: 30 };
    const excluded = [{ release: STORED, problem }];
    const started = vi.fn(startVerified);
    const first = load(workingServers(), started, undefined, {}, excluded);
    expect(await first.release).toMatchObject({ model: BUNDLED, fallbackReason: problem });
    const later = load(workingServers(), started);
    expect(await later.release).toMatchObject({
      model: BUNDLED,
      fallbackReason: { code: "rejectedEarlier" },
    });
    expect([...first.requests, ...later.requests].filter(({ url }) => url === weights)).toEqual([]);
    expect(started.mock.calls.map(([{ manifest }]) => manifest.release)).toEqual([BUNDLED, BUNDLED]);
    await visitEarlier();
    await saveUpdate(await load(workingServers()).release, { origin: "storage", id: STORED });
  });

  it("is not cached or downloaded as an update after it was rejected", async () => {
    await visitEarlier();
    await (await (await load(workingServers()).release).findNewer?.())?.reject();
    expect(caches.ids).toEqual([EARLIER]);
    const { release, requests } = load(workingServers());
    expect(await updateProblem(await release)).toEqual({ code: "rejectedEarlier" });
    expect(requests.map(({ url }) => url)).toEqual([`${SITE}/config.json`, currentUrl]);
  });

  it("is deleted from the cache after it was excluded", async () => {
    await visitEarlier();
    const excluded = [{ release: EARLIER, problem: { code: "invalidLogits" } as const }];
    const running = await load(workingServers(), startVerified, undefined, {}, excluded).release;
    expect(running).toMatchObject({ origin: "storage", model: STORED });
  });

  it("makes loading fail if it is the bundled one, and is tried again at the next visit", async () => {
    const excluded = [{ release: BUNDLED, problem: { code: "invalidLogits" } as const }];
    const running = load(serversWithoutStorage(), startVerified, undefined, {}, excluded).release;
    await expect(running).rejects.toMatchObject({ problem: { code: "invalidLogits" } });
    expect(await load(serversWithoutStorage()).release).toMatchObject({ model: BUNDLED });
  });
});

describe("the report", () => {
  const reportUrl = (id: string) => objectUrl(`models/${id}/report.json`);
  const read = async (running: LoadedRelease<string>) =>
    new TextDecoder().decode(await running.fetchReport?.());
  const cachedFiles = (id: string) => caches.stored.get(`digits-release-${id}`);

  it("of Storage's release is downloaded on request and then cached", async () => {
    const { release, requests } = load(workingServers());
    const running = await release;
    expect(requests.some(({ url }) => url === reportUrl(STORED))).toBe(false);
    expect(await read(running)).toBe('{"report of":"stored"}');
    await vi.waitFor(() => expect(cachedFiles(STORED)?.size).toBe(5));
  });

  it("of a cached release is downloaded once, and is then available offline", async () => {
    await visitEarlier();
    expect(await read(await load(workingServers(EARLIER)).release)).toBe('{"report of":"earlier"}');
    await vi.waitFor(() => expect(cachedFiles(EARLIER)?.size).toBe(5));
    const offline: Servers = new Map();
    const { release, requests } = load(offline);
    expect(await read(await release)).toBe('{"report of":"earlier"}');
    expect(requests.map(({ url }) => url)).toEqual([`${SITE}/config.json`]);
  });

  it("that is damaged in the cache is downloaded again", async () => {
    await visitEarlier();
    cachedFiles(EARLIER)?.set(reportUrl(EARLIER), new Response('{"REPORT of":"earlier"}'));
    expect(await read(await load(workingServers(EARLIER)).release)).toBe('{"report of":"earlier"}');
    await vi.waitFor(async () =>
      expect(await cachedFiles(EARLIER)?.get(reportUrl(EARLIER))?.clone().text()).toMatch(/^{"report/),
    );
  });

  it("belongs to the running release, even if Storage points at another", async () => {
    await visitEarlier();
    const both = new Map([...workingServers(EARLIER), ...workingServers()]);
    const running = await load(both).release;
    await saveUpdate(running, { origin: "storage", id: STORED });
    expect(await read(running)).toBe('{"report of":"earlier"}');
  });

  it("of the bundled release is downloaded from the site", async () => {
    const servers = serversWithoutStorage();
    expect(await read(await load(servers).release)).toBe('{"report of":"bundled"}');
  });

  it("is null if the release has none", async () => {
    const servers = workingServers();
    const files = releaseOf(STORED).manifest.files.filter(({ path }) => path !== "report.json");
    const manifest = await withId({ ...releaseOf(STORED).manifest, files });
    for (const { path } of files) {
      servers.set(objectUrl(`models/${manifest.release}/${path}`), releaseOf(STORED).contents[path]!);
    }
    publish(servers, JSON.stringify(manifest), {}, manifest.release);
    expect(await load(servers).release).toMatchObject({ origin: "storage", fetchReport: null });
  });

  it.each(Object.entries(faultyResponses))(
    "is rejected if %s, and the model still runs",
    async (_, respond) => {
      const servers = workingServers();
      const content = String(servers.get(reportUrl(STORED)));
      servers.set(reportUrl(STORED), (init) => respond(content, init));
      const running = await load(servers).release;
      expect(running).toMatchObject({ origin: "storage", model: STORED, fallbackReason: null });
      const error: unknown = await read(running).catch((reason: unknown) => reason);
      expect(problemOf(error)).toMatchObject({ file: expect.stringMatching(/report\.json$/) as string });
      await waitUntilCached(STORED);
      expect(await load(servers).release).toMatchObject({ origin: "cache", model: STORED });
    },
  );

  it("of a release that could not be cached is not cached either", async () => {
    caches.full = true;
    const running = await load(workingServers()).release;
    await vi.waitFor(() => expect(caches.refused).toBeGreaterThan(0), { interval: 1 });
    await vi.waitFor(() => expect(caches.ids).toEqual([]), { interval: 1 });
    caches.full = false;
    expect(await read(running)).toBe('{"report of":"stored"}');
    await new Promise((resolve) => setTimeout(resolve));
    expect(caches.ids).toEqual([]);
  });
});

it.each([
  ["of a file of known size", weights],
  ["of a file of unknown size", currentUrl],
])("an endless response %s is aborted", async (_, url) => {
  const servers = workingServers();
  const responses: ReturnType<typeof endless>["seen"][] = [];
  servers.set(url, () => {
    const { seen, stream } = endless();
    responses.push(seen);
    return new Response(stream);
  });
  expect(await load(servers).release).toMatchObject({ origin: "bundled" });
  expect(responses.length).toBeGreaterThan(0);
  for (const { bytes, cancelled } of responses) {
    expect(cancelled).toBe(true);
    expect(bytes).toBeLessThan(2 * 2 ** 20);
  }
});

it("loading fails if the bundled release is broken too", async () => {
  const servers = workingServers();
  servers.set(`${SITE}/config.json`, '{ "storage": null }');
  servers.set(`${SITE}/model/weights.bin`, "WEIGHTS of bundled");
  await expect(load(servers).release).rejects.toMatchObject({
    problem: { code: "wrongHash", file: "site.example/weights.bin" },
  });
});
