import { createHash } from "node:crypto";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ReleaseCache } from "./cache";
import { type Problem, problemOf } from "../errors";
import { loadRelease } from "./load";
import type { Release, LoadedRelease } from "./types";

const SITE = "https://site.example";
const STORAGE = "https://storage.example/v0/b/bucket/o";

const sha256 = (content: string) => createHash("sha256").update(content).digest("hex");
const entry = (path: string, content: string) => ({ path, bytes: content.length, sha256: sha256(content) });

/** A release of this id, and what a server holds of it. */
function makeRelease(id: string) {
  const contents: Record<string, string> = {
    "model.json": `{"of":"${id}"}`,
    "weights.bin": `weights of ${id}`,
    "report.json": `{"report of":"${id}"}`,
  };
  const manifest = {
    schema: 1,
    release: id,
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
  return { contents, manifest };
}

const BUNDLED = "b".repeat(16);
const STORED = "5".repeat(16);
/** What Storage pointed at on an earlier visit. */
const EARLIER = "e".repeat(16);

const objectUrl = (path: string) => `${STORAGE}/${encodeURIComponent(path)}?alt=media`;
const currentUrl = objectUrl("models/current.json");
const storedUrl = (name: string) => objectUrl(`models/${STORED}/${name}`);
const weights = storedUrl("weights.bin");

/** What the servers answer: URL → text, or what becomes of the request. */
type World = Map<string, string | ((init: RequestInit) => Response | Promise<Response>)>;

/** A world in which everything works. */
function goodWorld(stored = STORED): World {
  const world: World = new Map([[`${SITE}/config.json`, JSON.stringify({ storage: STORAGE })]]);
  const bundled = makeRelease(BUNDLED);
  world.set(`${SITE}/model/manifest.json`, JSON.stringify(bundled.manifest));
  for (const [name, content] of Object.entries(bundled.contents)) world.set(`${SITE}/model/${name}`, content);
  const release = makeRelease(stored);
  for (const [name, content] of Object.entries(release.contents)) {
    world.set(objectUrl(`models/${stored}/${name}`), content);
  }
  publish(world, JSON.stringify(release.manifest), {}, stored);
  return world;
}

/** Put a manifest into Storage and point at it. */
function publish(world: World, manifest: string, pointer: object = {}, id = STORED): void {
  const path = `models/${id}/manifest.json`;
  world.set(objectUrl(path), manifest);
  const current = { schema: 1, release: id, manifest: entry(path, manifest), ...pointer };
  world.set(currentUrl, JSON.stringify(current));
}

/** The browser's Cache Storage, as far as it is used. */
class MemoryCaches {
  readonly stored = new Map<string, Map<string, Response>>();
  full = false;

  keys = () => Promise.resolve([...this.stored.keys()]);
  match = async (url: string, { cacheName }: { cacheName: string }) =>
    this.stored.get(cacheName)?.get(url)?.clone();
  delete = (name: string) => Promise.resolve(this.stored.delete(name));
  open = (name: string) => {
    const cache = this.stored.get(name) ?? new Map<string, Response>();
    this.stored.set(name, cache);
    return Promise.resolve({
      put: (url: string, response: Response) => {
        if (this.full) return Promise.reject(new DOMException("Full", "QuotaExceededError"));
        cache.set(url, response);
        return Promise.resolve();
      },
    });
  };

  /** Ids of the releases that are kept. */
  get ids(): string[] {
    const releases = [...this.stored.keys()].filter((name) => name.startsWith("digits-release-"));
    return releases.map((name) => name.slice(-16));
  }
}

let caches: MemoryCaches;
beforeEach(() => {
  caches = new MemoryCaches();
});

/** Every byte that starts is the manifest's: no release runs with another's files. */
function startWhole({ manifest, files }: Release): Promise<string> {
  const contents = [...files].map(([path, content]) => entry(path, new TextDecoder().decode(content)));
  expect(contents).toEqual(manifest.files.filter(({ path }) => path !== "report.json"));
  return Promise.resolve(manifest.release);
}

function load(
  world: World,
  start: (release: Release) => Promise<string> = startWhole,
  storage = () => caches,
) {
  const requests: { url: string; init: RequestInit | undefined }[] = [];
  const onProgress = vi.fn();
  const fakeFetch: typeof fetch = async (input, init) => {
    const url = String(input);
    requests.push({ url, init });
    const content = world.get(url);
    if (typeof content === "function") return content(init ?? {});
    return new Response(content ?? "Not found", { status: content === undefined ? 404 : 200 });
  };
  const release = loadRelease({
    fetch: fakeFetch,
    cache: new ReleaseCache(() => storage() as unknown as CacheStorage),
    start,
    onProgress,
    configUrl: `${SITE}/config.json`,
    bundledUrl: `${SITE}/model/`,
    timeouts: { json: 20, file: 20 },
  });
  return { release, requests, onProgress };
}

/** Visit while Storage points at `EARLIER`, which is then kept. */
async function visitEarlier(): Promise<void> {
  await load(goodWorld(EARLIER)).release;
  await isKept(EARLIER);
}

async function isKept(id: string): Promise<void> {
  await vi.waitFor(() => expect(caches.stored.get(`digits-release-${id}`)?.size).toBe(4), { interval: 1 });
  await new Promise((resolve) => setTimeout(resolve)); // the configuration comes last
}

/** A world whose site has no Storage. */
function worldWithoutStorage(): World {
  return goodWorld().set(`${SITE}/config.json`, '{ "storage": null }');
}

/** Why a kept release's successor is refused; null when it is not. */
async function refusal(running: LoadedRelease<string>): Promise<Problem | null> {
  try {
    await running.findNewer?.();
    return running.fallbackReason;
  } catch (error) {
    return problemOf(error);
  }
}

describe("a good world", () => {
  it("runs the release that Storage points at, with the bytes that were promised", async () => {
    const release = await load(goodWorld()).release;
    expect(release).toMatchObject({ origin: "storage", fallbackReason: null, model: STORED });
    expect(release.manifest.release).toBe(STORED);
    const decode = (name: string) => new TextDecoder().decode(release.files.get(name));
    expect([...release.files.keys()].sort()).toEqual(["model.json", "weights.bin"]);
    expect(decode("weights.bin")).toBe(`weights of ${STORED}`);
  });

  it("asks once more where a server was busy for a moment", async () => {
    const world = goodWorld();
    for (const [url, content] of world) {
      let asked = 0;
      world.set(url, () =>
        asked++ === 0 ? new Response("Busy", { status: 503 }) : new Response(String(content)),
      );
    }
    expect(await load(world).release).toMatchObject({ origin: "storage", fallbackReason: null });
  });

  it("sends no credentials, and asks afresh for what may change", async () => {
    const { release, requests } = load(goodWorld());
    await release;
    expect(requests.every(({ init }) => init?.credentials === "omit")).toBe(true);
    const cacheOf = (url: string) => requests.find((request) => request.url === url)?.init?.cache;
    expect(cacheOf(`${SITE}/config.json`)).toBe("no-cache");
    expect(cacheOf(currentUrl)).toBe("no-cache");
    expect(cacheOf(weights)).toBe("default");
  });

  it("runs the bundled release where there is no Storage, and asks nobody else", async () => {
    const { release, requests } = load(worldWithoutStorage());
    expect(await release).toMatchObject({
      origin: "bundled",
      fallbackReason: null,
      manifest: { release: BUNDLED },
    });
    expect(requests.every(({ url }) => url.startsWith(SITE))).toBe(true);
  });

  it("counts the bytes of the release's files as they come, up to all of them", async () => {
    const { release, onProgress } = load(goodWorld());
    const total = [...(await release).files.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
    const counts = onProgress.mock.calls.map(([received]) => Number(received));
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(onProgress).toHaveBeenLastCalledWith(total, total);
  });

  it("reports progress at most every 100 ms, and at the end", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      const world = goodWorld();
      const content = String(world.get(weights));
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
      world.set(weights, () => new Response(chunks()));
      const { release, onProgress } = load(world);
      await release;
      // At 0 ms, then at every third chunk, and once more for the last one.
      const progress = onProgress.mock.calls.map(([received]) => Number(received));
      expect(progress).toHaveLength(1 + Math.ceil((content.length - 1) / 3));
      expect(progress.at(-1)).toBe(onProgress.mock.calls[0]?.[1]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("on a later visit", () => {
  beforeEach(visitEarlier);

  it("the kept release runs at once, and only the pointer is read when it still names it", async () => {
    const { release, requests } = load(goodWorld(EARLIER));
    const running = await release;
    expect(running).toMatchObject({ origin: "cache", model: EARLIER, fallbackReason: null });
    expect(requests.map(({ url }) => url)).toEqual([`${SITE}/config.json`]);
    expect(await running.findNewer?.()).toBeNull();
    expect(requests.map(({ url }) => url)).toEqual([`${SITE}/config.json`, currentUrl]);
  });

  it("a newer release is started beside the kept one, runs from the next visit on, and replaces it", async () => {
    const running = await load(goodWorld()).release;
    expect(running.model).toBe(EARLIER);
    expect(await running.findNewer?.()).toMatchObject({ origin: "storage", model: STORED });
    await isKept(STORED);
    expect(caches.ids).toEqual([EARLIER, STORED]);
    expect(await load(goodWorld()).release).toMatchObject({ origin: "cache", model: STORED });
    expect(caches.ids).toEqual([STORED]);
  });

  it("the one before runs when the newest that is kept is damaged", async () => {
    await (await load(goodWorld()).release).findNewer?.();
    await isKept(STORED);
    caches.stored.get(`digits-release-${STORED}`)?.set(weights, new Response("WEIGHTS"));
    expect(await load(goodWorld()).release).toMatchObject({ origin: "cache", model: EARLIER });
    expect(caches.ids).toEqual([EARLIER]);
  });

  it("nothing of what is damaged in the cache runs: it is thrown away and Storage's release fetched", async () => {
    const urls = [...(caches.stored.get(`digits-release-${EARLIER}`)?.keys() ?? [])];
    for (const url of urls) {
      const kept = caches.stored.get(`digits-release-${EARLIER}`);
      const content = (await kept?.get(url)?.clone().text()) ?? "";
      kept?.set(url, new Response(flipBit(content)));
      expect(await load(goodWorld(EARLIER)).release, url).toMatchObject({
        origin: "storage",
        model: EARLIER,
      });
      await isKept(EARLIER);
    }
    expect(urls).toHaveLength(4);
  });

  it("the kept release runs, and it is said why, when not even the site's configuration can be had", async () => {
    const running = await load(new Map()).release;
    expect(running).toMatchObject({ origin: "cache", model: EARLIER });
    expect(await refusal(running)).toMatchObject({
      code: "httpStatus",
      file: "site.example/config.json",
      status: 404,
    });
  });

  it("what is kept of another Storage runs until the one that is named now has given a release", async () => {
    const elsewhere = "https://elsewhere.example/o";
    const world = goodWorld();
    world.set(`${SITE}/config.json`, JSON.stringify({ storage: elsewhere }));
    expect(await refusal(await load(world).release)).toMatchObject({
      code: "httpStatus",
      file: expect.stringMatching(/^elsewhere.*current\.json$/) as string,
      status: 404,
    });
    for (const [url, content] of [...world]) world.set(url.replace(STORAGE, elsewhere), content);
    const running = await load(world).release;
    expect(running).toMatchObject({ origin: "cache", model: EARLIER });
    expect(await running.findNewer?.()).toMatchObject({ origin: "storage", model: STORED });
    await isKept(STORED);
    expect(await load(world).release).toMatchObject({ origin: "cache", model: STORED });
    expect(caches.ids).toEqual([STORED]);
  });

  it("the bundled release is offered where there is no Storage any more, and runs from the next visit on", async () => {
    const world = worldWithoutStorage();
    const running = await load(world).release;
    expect(running).toMatchObject({ origin: "cache", model: EARLIER });
    expect(await running.findNewer?.()).toMatchObject({ origin: "bundled", model: BUNDLED });
    const { release, requests } = load(world);
    expect(await release).toMatchObject({ origin: "bundled", model: BUNDLED, fallbackReason: null });
    expect(requests.every(({ url }) => url.startsWith(SITE))).toBe(true);
  });
});

describe("on a later visit to a site that had no Storage", () => {
  beforeEach(async () => {
    await load(worldWithoutStorage()).release;
  });

  it("the bundled release runs, and nothing is missed when nobody answers", async () => {
    const world = worldWithoutStorage();
    world.delete(`${SITE}/config.json`);
    const running = await load(world).release;
    expect(running).toMatchObject({ origin: "bundled", model: BUNDLED, fallbackReason: null });
    expect(await running.findNewer?.()).toBeNull();
  });

  it("the release of a Storage that is named now is offered, and runs from the next visit on", async () => {
    const running = await load(goodWorld()).release;
    expect(running).toMatchObject({ origin: "bundled", model: BUNDLED });
    expect(await running.findNewer?.()).toMatchObject({ origin: "storage", model: STORED });
    await isKept(STORED);
    expect(await load(goodWorld()).release).toMatchObject({ origin: "cache", model: STORED });
  });

  it("nothing is offered when Storage has the very release that is bundled; it is kept", async () => {
    expect(await (await load(goodWorld(BUNDLED)).release).findNewer?.()).toBeNull();
    await isKept(BUNDLED);
    expect(await load(goodWorld(BUNDLED)).release).toMatchObject({ origin: "cache", model: BUNDLED });
  });

  it("Storage's release runs where the bundled one is broken", async () => {
    const world = goodWorld();
    world.delete(`${SITE}/model/weights.bin`);
    expect(await load(world).release).toMatchObject({ origin: "storage", model: STORED });
  });
});

describe("on a line that hangs", () => {
  const hung = (world: World) => world.set(`${SITE}/config.json`, () => new Promise(() => {}));

  it("the kept release starts at once", async () => {
    await visitEarlier();
    expect(await load(hung(goodWorld())).release).toMatchObject({ origin: "cache", model: EARLIER });
  });

  it("the bundled release starts at once where there was no Storage", async () => {
    await load(worldWithoutStorage()).release;
    expect(await load(hung(goodWorld())).release).toMatchObject({ origin: "bundled", model: BUNDLED });
  });
});

describe("without a place to keep releases", () => {
  it("Storage's release runs when the place is full", async () => {
    caches.full = true;
    expect(await load(goodWorld()).release).toMatchObject({ origin: "storage", model: STORED });
  });

  it("nothing half-kept stays", async () => {
    caches.full = true;
    await new ReleaseCache(() => caches as unknown as CacheStorage).save(
      STORED,
      new Map([[weights, new ArrayBuffer(8)]]),
    );
    expect(caches.ids).toEqual([]);
  });

  it("a newer release is offered when the place is full, and the kept one stays", async () => {
    await visitEarlier();
    caches.full = true;
    const running = await load(goodWorld()).release;
    expect(await running.findNewer?.()).toMatchObject({ model: STORED });
    await vi.waitFor(() => expect(caches.ids).toEqual([EARLIER]));
  });

  it("Storage's release runs where there is none", async () => {
    const missing = () => {
      throw new DOMException("Not here", "SecurityError");
    };
    expect(await load(goodWorld(), startWhole, missing).release).toMatchObject({
      origin: "storage",
      model: STORED,
    });
  });
});

describe("a bad copy in the browser's HTTP cache", () => {
  it("is fetched afresh, once", async () => {
    const world = goodWorld();
    const good = String(world.get(weights));
    const modes: (RequestCache | undefined)[] = [];
    world.set(weights, ({ cache }) => {
      modes.push(cache);
      return new Response(cache === "reload" ? good : flipBit(good));
    });
    expect(await load(world).release).toMatchObject({ origin: "storage", model: STORED });
    expect(modes).toEqual(["default", "reload"]);
  });
});

/** Ways for Storage to be unusable, and what is reported of each. */
const troubles: [name: string, breakIt: (world: World) => void, problem: object][] = [
  [
    "holds nothing yet",
    (world) => world.delete(objectUrl("models/current.json")),
    { code: "httpStatus", file: "storage.example/models/current.json", status: 404 },
  ],
  [
    "holds other bytes",
    (world) => world.set(weights, `WEIGHTS of ${STORED}`),
    { code: "wrongHash", file: `storage.example/models/${STORED}/weights.bin` },
  ],
  [
    "cuts a file short",
    (world) => world.set(weights, "weights"),
    { code: "wrongSize", file: `storage.example/models/${STORED}/weights.bin`, bytes: 7 },
  ],
  [
    "lacks a file",
    (world) => world.delete(weights),
    { code: "httpStatus", file: `storage.example/models/${STORED}/weights.bin`, status: 404 },
  ],
  [
    "answers with a web page",
    (world) => world.set(objectUrl("models/current.json"), "<!doctype html><title>Sign in</title>"),
    { code: "notJson", file: "storage.example/models/current.json" },
  ],
  [
    "changes the manifest behind the pointer",
    (world) => {
      const url = objectUrl(`models/${STORED}/manifest.json`);
      world.set(url, String(world.get(url)).replace("0.99", "0.98"));
    },
    { code: "wrongHash", file: `storage.example/models/${STORED}/manifest.json` },
  ],
  [
    "has a newer manifest",
    (world) => publish(world, JSON.stringify({ ...makeRelease(STORED).manifest, schema: 2 })),
    { code: "newerSchema", schema: 2 },
  ],
  [
    "has a newer pointer",
    (world) => publish(world, JSON.stringify(makeRelease(STORED).manifest), { schema: 2 }),
    { code: "newerSchema", schema: 2 },
  ],
  [
    "points out of the release",
    (world) => {
      const files = [entry("model.json", "{}"), entry("../current.json", "x")];
      publish(world, JSON.stringify({ ...makeRelease(STORED).manifest, files }));
    },
    { code: "invalid", where: "manifest.json files.1.path" },
  ],
  [
    "holds one release under another's name",
    (world) => publish(world, JSON.stringify(makeRelease("a".repeat(16)).manifest)),
    { code: "wrongRelease", release: "a".repeat(16) },
  ],
  [
    "points at nothing",
    (world) => pointAt(world, "0".repeat(16)),
    { code: "httpStatus", file: `storage.example/models/${"0".repeat(16)}/manifest.json`, status: 404 },
  ],
  [
    "points out of itself",
    (world) => {
      publish(world, "{}", { manifest: entry(`models/${STORED}/../../secret.json`, "{}") });
    },
    { code: "invalid", where: "current.json manifest.path" },
  ],
  [
    "names a release out of itself",
    (world) => pointAt(world, "../../secret"),
    { code: "invalid", where: "current.json release" },
  ],
  [
    "announces a file of 200 MB",
    (world) => announce(world, [{ ...entry("weights.bin", "x"), bytes: 200e6 }]),
    { code: "invalid", where: "manifest.json files.1.bytes" },
  ],
  [
    "announces ever so many files",
    (world) => announce(world, Array(100).fill({ ...entry("weights.bin", "x"), bytes: 1e6 })),
    { code: "invalid", where: "manifest.json files" },
  ],
];

/** Troubles with what tells where Storage is. */
const misconfigurations: typeof troubles = [
  [
    "is configured wrongly",
    (world) => world.set(`${SITE}/config.json`, '{ "storage": 5 }'),
    { code: "invalid", where: "config.json storage" },
  ],
  [
    "has a configuration out of reach",
    (world) => world.delete(`${SITE}/config.json`),
    { code: "httpStatus", file: "site.example/config.json", status: 404 },
  ],
  [
    "has a configuration that never comes",
    (world) =>
      world.set(
        `${SITE}/config.json`,
        ({ signal }) =>
          new Promise((_, reject) =>
            signal?.addEventListener("abort", () => reject(signal.reason as DOMException)),
          ),
      ),
    { code: "timeout", file: "site.example/config.json" },
  ],
];

function pointAt(world: World, release: string): void {
  const manifest = entry(`models/${release}/manifest.json`, "{}");
  world.set(currentUrl, JSON.stringify({ schema: 1, release, manifest }));
}

/** Publish a release that names these files beside its model.json. */
function announce(world: World, files: object[]): void {
  const { manifest } = makeRelease(STORED);
  publish(world, JSON.stringify({ ...manifest, files: [...manifest.files.slice(0, 1), ...files] }));
}

function flipBit(content: string): string {
  const middle = content.length >> 1;
  const flipped = String.fromCharCode(content.charCodeAt(middle) ^ 1);
  return content.slice(0, middle) + flipped + content.slice(middle + 1);
}

/** A body that begins like `content` and then stays silent until the request is given up. */
function stall(content: string, { signal }: RequestInit): Response {
  const start = (controller: ReadableStreamDefaultController) => {
    controller.enqueue(new TextEncoder().encode(content.slice(0, 3)));
    signal?.addEventListener("abort", () => controller.error(signal.reason));
  };
  return new Response(new ReadableStream({ start }));
}

/** What can happen to one object on its way: content → answer. */
const faults: Record<string, (content: string, init: RequestInit) => Response | Promise<Response>> = {
  missing: () => new Response("Not found", { status: 404 }),
  "cut short by a byte": (content) => new Response(content.slice(0, -1)),
  "longer by a byte": (content) => new Response(`${content}x`),
  "changed in one bit": (content) => new Response(flipBit(content)),
  "an error page that claims success": () => new Response("<!doctype html><title>404</title>"),
  "broken off before its announced length": (content) => {
    const start = (controller: ReadableStreamDefaultController) => {
      controller.enqueue(new TextEncoder().encode(content.slice(0, 3)));
      queueMicrotask(() => controller.error(new TypeError("network error")));
    };
    return new Response(new ReadableStream({ start }));
  },
  "slower than the time-out": (_, { signal }) =>
    new Promise((_, reject) =>
      signal?.addEventListener("abort", () => reject(signal.reason as DOMException)),
    ),
  "begun and never ended": stall,
  endless: () => new Response(endless().stream),
  "answered with 503": () => new Response("Busy", { status: 503 }),
  "out of reach": () => Promise.reject(new TypeError("Failed to fetch")),
};

/** 64 KiB after 64 KiB, for ever. */
function endless() {
  const seen = { bytes: 0, cancelled: false };
  const pull = (controller: ReadableStreamDefaultController) => {
    seen.bytes += 65_536;
    controller.enqueue(new Uint8Array(65_536));
  };
  return { seen, stream: new ReadableStream({ pull, cancel: () => void (seen.cancelled = true) }) };
}

for (const object of ["current.json", "manifest.json", "model.json", "weights.bin"]) {
  for (const [fault, happen] of Object.entries(faults)) {
    const url = object === "current.json" ? currentUrl : storedUrl(object);
    const breakIt = (world: World) => {
      const content = String(world.get(url));
      world.set(url, (init) => happen(content, init));
    };
    troubles.push([`has its ${object} ${fault}`, breakIt, {}]);
  }
}

describe.each([...troubles, ...misconfigurations])("when Storage %s", (_, breakIt, problem) => {
  it("the bundled release runs on a first visit, and it is said why", async () => {
    const world = goodWorld();
    breakIt(world);
    const release = await load(world).release;
    expect(release).toMatchObject({ origin: "bundled", model: BUNDLED });
    expect(release.fallbackReason).toMatchObject(problem);
    expect(caches.ids).toEqual([]);
  });

  it("the last good release runs on later visits, and it is said why", async () => {
    await visitEarlier();
    const world = goodWorld();
    breakIt(world);
    for (let visit = 0; visit < 2; visit++) {
      const release = await load(world).release;
      expect(release).toMatchObject({ origin: "cache", model: EARLIER });
      expect(await refusal(release)).toMatchObject(problem);
      expect(caches.ids).toEqual([EARLIER]);
    }
  });
});

describe("a release that is whole but does not run", () => {
  const start = (release: Release) =>
    release.manifest.release === STORED ? Promise.reject(new Error("no such kernel")) : startWhole(release);

  it("gives way to the bundled one, and is not kept", async () => {
    const release = await load(goodWorld(), start).release;
    expect(release).toMatchObject({ origin: "bundled", model: BUNDLED });
    expect(release.fallbackReason).toEqual({ code: "unexpected", message: "no such kernel" });
    expect(caches.ids).toEqual([]);
  });

  it("is refused beside the last good one", async () => {
    await visitEarlier();
    const release = await load(goodWorld(), start).release;
    expect(release.model).toBe(EARLIER);
    expect(await refusal(release)).toEqual({ code: "unexpected", message: "no such kernel" });
    expect(caches.ids).toEqual([EARLIER]);
  });
});

describe("the report", () => {
  const reportUrl = (id: string) => objectUrl(`models/${id}/report.json`);
  const read = async (running: LoadedRelease<string>) =>
    new TextDecoder().decode(await running.fetchReport?.());
  const keptObjects = (id: string) => caches.stored.get(`digits-release-${id}`);

  it("of Storage's release is fetched when asked for, not before, and then kept", async () => {
    const { release, requests } = load(goodWorld());
    const running = await release;
    expect(requests.some(({ url }) => url === reportUrl(STORED))).toBe(false);
    expect(await read(running)).toBe(`{"report of":"${STORED}"}`);
    await vi.waitFor(() => expect(keptObjects(STORED)?.size).toBe(5));
  });

  it("of a kept release is fetched once, and works offline from then on", async () => {
    await visitEarlier();
    expect(await read(await load(goodWorld(EARLIER)).release)).toBe(`{"report of":"${EARLIER}"}`);
    await vi.waitFor(() => expect(keptObjects(EARLIER)?.size).toBe(5));
    const offline: World = new Map();
    const { release, requests } = load(offline);
    expect(await read(await release)).toBe(`{"report of":"${EARLIER}"}`);
    expect(requests.map(({ url }) => url)).toEqual([`${SITE}/config.json`]);
  });

  it("that is damaged in the cache is fetched afresh", async () => {
    await visitEarlier();
    keptObjects(EARLIER)?.set(reportUrl(EARLIER), new Response(`{"REPORT of":"${EARLIER}"}`));
    expect(await read(await load(goodWorld(EARLIER)).release)).toBe(`{"report of":"${EARLIER}"}`);
    await vi.waitFor(async () =>
      expect(await keptObjects(EARLIER)?.get(reportUrl(EARLIER))?.clone().text()).toMatch(/^{"report/),
    );
  });

  it("of the release that runs is read, though Storage points at another", async () => {
    await visitEarlier();
    const both = new Map([...goodWorld(EARLIER), ...goodWorld()]);
    const running = await load(both).release;
    expect(await running.findNewer?.()).toMatchObject({ model: STORED });
    expect(await read(running)).toBe(`{"report of":"${EARLIER}"}`);
  });

  it("of the bundled release comes from the site", async () => {
    const world = worldWithoutStorage();
    expect(await read(await load(world).release)).toBe(`{"report of":"${BUNDLED}"}`);
  });

  it("is not there to be asked for when the release has none", async () => {
    const world = goodWorld();
    const { manifest } = makeRelease(STORED);
    const files = manifest.files.filter(({ path }) => path !== "report.json");
    publish(world, JSON.stringify({ ...manifest, files }));
    expect(await load(world).release).toMatchObject({ origin: "storage", fetchReport: null });
  });

  it.each(Object.entries(faults))("%s is refused; the network runs all the same", async (_, happen) => {
    const world = goodWorld();
    const content = String(world.get(reportUrl(STORED)));
    world.set(reportUrl(STORED), (init) => happen(content, init));
    const running = await load(world).release;
    expect(running).toMatchObject({ origin: "storage", model: STORED, fallbackReason: null });
    const error: unknown = await read(running).catch((reason: unknown) => reason);
    expect(problemOf(error)).toMatchObject({ file: expect.stringMatching(/report\.json$/) as string });
    await isKept(STORED);
    expect(await load(world).release).toMatchObject({ origin: "cache", model: STORED });
  });

  it("of a release that could not be kept is not kept either", async () => {
    caches.full = true;
    const running = await load(goodWorld()).release;
    await new Promise((resolve) => setTimeout(resolve));
    caches.full = false;
    expect(await read(running)).toBe(`{"report of":"${STORED}"}`);
    await new Promise((resolve) => setTimeout(resolve));
    expect(caches.ids).toEqual([]);
  });
});

it.each([
  ["of a promised size", weights],
  ["of no promised size", currentUrl],
])("an endless answer %s is given up, not held", async (_, url) => {
  const world = goodWorld();
  const answers: ReturnType<typeof endless>["seen"][] = [];
  world.set(url, () => {
    const { seen, stream } = endless();
    answers.push(seen);
    return new Response(stream);
  });
  expect(await load(world).release).toMatchObject({ origin: "bundled" });
  expect(answers.length).toBeGreaterThan(0);
  for (const { bytes, cancelled } of answers) {
    expect(cancelled).toBe(true);
    expect(bytes).toBeLessThan(2 * 2 ** 20);
  }
});

it("nothing runs when the bundled release is broken too", async () => {
  const world = goodWorld();
  world.set(`${SITE}/config.json`, '{ "storage": null }');
  world.set(`${SITE}/model/weights.bin`, `WEIGHTS of ${BUNDLED}`);
  await expect(load(world).release).rejects.toMatchObject({
    problem: { code: "wrongHash", file: "site.example/weights.bin" },
  });
});
