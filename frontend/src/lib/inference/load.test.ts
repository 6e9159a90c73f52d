import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { loadRelease } from "./load";

const SITE = "https://site.example";
const STORAGE = "https://storage.example/v0/b/bucket/o";

const sha256 = (content: string) => createHash("sha256").update(content).digest("hex");
const entry = (path: string, content: string) => ({ path, bytes: content.length, sha256: sha256(content) });

/** A release of this id, and what a server holds of it. */
function makeRelease(id: string) {
  const contents: Record<string, string> = {
    "model.json": `{"of":"${id}"}`,
    "weights.bin": `weights of ${id}`,
  };
  const manifest = {
    schema: 1,
    release: id,
    dataset: { test: 10_000, fallback: false },
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

const objectUrl = (path: string) => `${STORAGE}/${encodeURIComponent(path)}?alt=media`;

/** A world in which everything works: URL → text. */
function goodWorld(): Map<string, string> {
  const world = new Map([[`${SITE}/config.json`, JSON.stringify({ storage: STORAGE })]]);
  const bundled = makeRelease(BUNDLED);
  world.set(`${SITE}/model/manifest.json`, JSON.stringify(bundled.manifest));
  for (const [name, content] of Object.entries(bundled.contents)) world.set(`${SITE}/model/${name}`, content);
  const stored = makeRelease(STORED);
  for (const [name, content] of Object.entries(stored.contents)) {
    world.set(objectUrl(`models/${STORED}/${name}`), content);
  }
  publish(world, JSON.stringify(stored.manifest));
  return world;
}

/** Put a manifest into Storage and point at it. */
function publish(world: Map<string, string>, manifest: string, pointer: object = {}): void {
  const path = `models/${STORED}/manifest.json`;
  world.set(objectUrl(path), manifest);
  const current = { schema: 1, release: STORED, manifest: entry(path, manifest), ...pointer };
  world.set(objectUrl("models/current.json"), JSON.stringify(current));
}

function load(world: Map<string, string>, silent: (url: string) => boolean = () => false) {
  const requests: { url: string; init: RequestInit | undefined }[] = [];
  const fakeFetch: typeof fetch = (input, init) => {
    const url = String(input);
    requests.push({ url, init });
    if (silent(url)) {
      return new Promise((_, reject) => {
        init?.signal?.addEventListener("abort", () => reject(init.signal?.reason as Error));
      });
    }
    const content = world.get(url);
    return Promise.resolve(
      new Response(content ?? "Not found", { status: content === undefined ? 404 : 200 }),
    );
  };
  const release = loadRelease({
    fetch: fakeFetch,
    configUrl: `${SITE}/config.json`,
    bundledUrl: `${SITE}/model/`,
    timeouts: { json: 20, file: 20 },
  });
  return { release, requests };
}

describe("a good world", () => {
  it("runs the release that Storage points at, with the bytes that were promised", async () => {
    const release = await load(goodWorld()).release;
    expect(release).toMatchObject({ origin: "storage", fallbackReason: null });
    expect(release.manifest.release).toBe(STORED);
    const decode = (name: string) => new TextDecoder().decode(release.files.get(name));
    expect([...release.files.keys()].sort()).toEqual(["model.json", "weights.bin"]);
    expect(decode("weights.bin")).toBe(`weights of ${STORED}`);
  });

  it("sends no credentials, and asks afresh for what may change", async () => {
    const { release, requests } = load(goodWorld());
    await release;
    expect(requests.every(({ init }) => init?.credentials === "omit")).toBe(true);
    const cacheOf = (url: string) => requests.find((request) => request.url === url)?.init?.cache;
    expect(cacheOf(`${SITE}/config.json`)).toBe("no-cache");
    expect(cacheOf(objectUrl("models/current.json"))).toBe("no-cache");
    expect(cacheOf(objectUrl(`models/${STORED}/weights.bin`))).toBe("default");
  });

  it("runs the bundled release where there is no Storage, and asks nobody else", async () => {
    const world = goodWorld();
    world.set(`${SITE}/config.json`, '{ "storage": null }');
    const { release, requests } = load(world);
    expect(await release).toMatchObject({
      origin: "bundled",
      fallbackReason: null,
      manifest: { release: BUNDLED },
    });
    expect(requests.every(({ url }) => url.startsWith(SITE))).toBe(true);
  });
});

const weights = objectUrl(`models/${STORED}/weights.bin`);

/** Ways for Storage to be unusable, and a word of what the visitor is told. */
const troubles: [name: string, breakIt: (world: Map<string, string>) => void, reason: RegExp][] = [
  [
    "holds nothing yet",
    (world) => world.delete(objectUrl("models/current.json")),
    /current\.json .*HTTP 404/,
  ],
  ["holds other bytes", (world) => world.set(weights, `WEIGHTS of ${STORED}`), /weights\.bin .*SHA-256/],
  ["cuts a file short", (world) => world.set(weights, "weights"), /weights\.bin has 7 bytes instead of/],
  ["lacks a file", (world) => world.delete(weights), /weights\.bin .*HTTP 404/],
  [
    "answers with a web page",
    (world) => world.set(objectUrl("models/current.json"), "<!doctype html><title>Sign in</title>"),
    /current\.json is not JSON/,
  ],
  [
    "changes the manifest behind the pointer",
    (world) => {
      const url = objectUrl(`models/${STORED}/manifest.json`);
      world.set(url, (world.get(url) ?? "").replace("0.99", "0.98"));
    },
    /manifest\.json .*SHA-256/,
  ],
  [
    "has a newer manifest",
    (world) => publish(world, JSON.stringify({ ...makeRelease(STORED).manifest, schema: 2 })),
    /schema 2, newer/,
  ],
  [
    "has a newer pointer",
    (world) => publish(world, JSON.stringify(makeRelease(STORED).manifest), { schema: 2 }),
    /schema 2, newer/,
  ],
  [
    "points out of the release",
    (world) => {
      const files = [entry("model.json", "{}"), entry("../current.json", "x")];
      publish(world, JSON.stringify({ ...makeRelease(STORED).manifest, files }));
    },
    /outside of the release/,
  ],
  [
    "holds one release under another's name",
    (world) => publish(world, JSON.stringify(makeRelease("a".repeat(16)).manifest)),
    /calls itself release a{16}/,
  ],
  [
    "is configured wrongly",
    (world) => world.set(`${SITE}/config.json`, '{ "storage": 5 }'),
    /config\.json storage/,
  ],
  [
    "has a configuration out of reach",
    (world) => world.delete(`${SITE}/config.json`),
    /config\.json .*HTTP 404/,
  ],
];

describe("the bundled release runs, and it is said why, when Storage", () => {
  it.each(troubles)("%s", async (_, breakIt, reason) => {
    const world = goodWorld();
    breakIt(world);
    const release = await load(world).release;
    expect(release).toMatchObject({ origin: "bundled", manifest: { release: BUNDLED } });
    expect(release.fallbackReason).toMatch(reason);
    expect(release.fallbackReason).toMatch(/\.$/);
  });

  it("does not answer in time", async () => {
    const release = await load(goodWorld(), (url) => url.startsWith(STORAGE)).release;
    expect(release.origin).toBe("bundled");
    expect(release.fallbackReason).toMatch(/current\.json did not arrive within/);
  });

  it("stalls in the middle of a release", async () => {
    const release = await load(goodWorld(), (url) => url === weights).release;
    expect(release.origin).toBe("bundled");
    expect(release.fallbackReason).toMatch(/weights\.bin did not arrive within/);
  });

  it("is down", async () => {
    const world = goodWorld();
    const offline: typeof fetch = (input) =>
      String(input).startsWith(STORAGE)
        ? Promise.reject(new TypeError("Failed to fetch"))
        : Promise.resolve(new Response(world.get(String(input))));
    const release = await loadRelease({
      fetch: offline,
      configUrl: `${SITE}/config.json`,
      bundledUrl: `${SITE}/model/`,
    });
    expect(release.origin).toBe("bundled");
    expect(release.fallbackReason).toMatch(/storage\.example\/.*current\.json could not be reached/);
  });
});

it("nothing runs when the bundled release is broken too", async () => {
  const world = goodWorld();
  world.set(`${SITE}/config.json`, '{ "storage": null }');
  world.set(`${SITE}/model/weights.bin`, `WEIGHTS of ${BUNDLED}`);
  await expect(load(world).release).rejects.toThrow(/weights\.bin .*SHA-256/);
});
