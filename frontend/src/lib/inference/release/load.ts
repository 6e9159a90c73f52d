/**
 * Find the release to run, fetch it and verify every byte of it before anything runs.
 *
 * `/config.json` says where Storage is. There, `models/current.json` vouches for a manifest, which vouches for its
 * files. What came from there once is kept in the browser, and so is the configuration by which a release last ran.
 *
 * By that one the next visit starts at once, without a word from the network: with the kept release, or with the bundled
 * one where there was no Storage. The visitor waits for nothing, and nothing that is wrong with the line, with Storage or
 * with a newer release can stop the page. Only then does the network's word count; when it comes down to another release,
 * that one is fetched, verified and started beside the running one, and offered. It answers when the visitor says so, or
 * from the next visit on. Where nothing is kept, Storage's release runs; when anything about it fails, the bundled one.
 */

import { type Problem, problemOf } from "../errors";
import type { ReleaseCache } from "./cache";
import { fetchBundled, fetchCurrent, type FetchedRelease, readCurrent, readStorageUrl } from "./fetchRelease";
import type { CurrentRelease } from "./manifest";
import { Source, type Timeouts } from "./source";
import type { LoadedRelease, Release } from "./types";

export interface LoadOptions<N> {
  readonly fetch: typeof fetch;
  readonly cache: ReleaseCache;
  /** Make a verified release answer; one that rejects does not run, whatever its bytes. */
  readonly start: (release: Release) => Promise<N>;
  /** Bytes of the release's files that have arrived, of how many. */
  readonly onProgress: (received: number, total: number) => void;
  /** Absolute URL of `/config.json`. */
  readonly configUrl: string;
  /** Absolute URL of the bundled release's folder, with a slash at its end. */
  readonly bundledUrl: string;
  readonly timeouts?: Timeouts;
}

/** @throws ReleaseError when the bundled release cannot be used either. */
export async function loadRelease<N>(options: LoadOptions<N>): Promise<LoadedRelease<N>> {
  const { cache, configUrl, start } = options;
  const source = (fetch: LoadOptions<N>["fetch"]) =>
    new Source(fetch, options.onProgress, options.timeouts ?? { json: 6_000, file: 30_000 });
  const readConfig = (from: Source) => readStorageUrl(from, configUrl);
  const config = source(options.fetch);
  const asked = readConfig(config);
  asked.catch(() => {}); // told where it is waited for
  const live = source(options.fetch);
  const readLive = async (
    read: NonNullable<FetchedRelease["readReport"]>,
    keep?: (objects: Source["received"]) => Promise<void>,
  ) => {
    const from = source(options.fetch);
    const report = await read(from);
    void keep?.(from.received);
    return report;
  };
  const runCurrent = async (storage: string, current: CurrentRelease): Promise<LoadedRelease<N>> => {
    const { readReport, ...release } = await fetchCurrent(live, storage, current);
    const model = await start(release);
    const whole = cache.save(current.release, live.received);
    void whole.then((isKept) => (isKept ? cache.saveConfig(config.received) : undefined));
    const keep = (objects: Source["received"]) => whole.then(() => cache.add(current.release, objects));
    return {
      ...release,
      model,
      origin: "storage",
      fallbackReason: null,
      findNewer: null,
      fetchReport: readReport && (() => readLive(readReport, keep)),
    };
  };

  const site = source(options.fetch); // what comes by `live` is kept as Storage's
  const askBundled = () => site.json(`${options.bundledUrl}manifest.json`);
  const runBundled = async (json: unknown, fallbackReason: Problem | null): Promise<LoadedRelease<N>> => {
    const { readReport, ...release } = await fetchBundled(site, options.bundledUrl, json);
    return {
      ...release,
      model: await start(release),
      origin: "bundled",
      fallbackReason,
      findNewer: null,
      fetchReport: readReport && (() => readLive(readReport)),
    };
  };
  /** What is to run by the network's word; null when that is the release `id`, which runs by the configuration `known`. */
  const findOther = async (id: string, known: string | null): Promise<LoadedRelease<N> | null> => {
    // Where there was no Storage, an answer that does not come says nothing of one.
    const storage = await (known === null ? asked.catch(() => null) : asked);
    let other: LoadedRelease<N>;
    if (storage === null) {
      if (known === null) return null;
      other = await runBundled(await askBundled(), null);
      void cache.saveConfig(config.received);
    } else {
      const current = await readCurrent(live, storage);
      if (current.release === id && storage === known) return null;
      other = await runCurrent(storage, current);
    }
    return other.manifest.release === id ? null : other;
  };

  const [ids, known] = await Promise.all([
    cache.ids(),
    readConfig(source(cache.fetchConfig)).catch(() => undefined),
  ]);
  // Beside config.json, not after it: where nothing is kept, the visitor waits for one answer instead of two.
  const bundled = ids.length === 0 ? askBundled() : null;
  bundled?.catch(() => {});

  if (typeof known === "string") {
    for (const id of ids) {
      try {
        const from = source(cache.fetchFrom(id));
        const { readReport, ...release } = await fetchCurrent(from, known, await readCurrent(from, known));
        const model = await start(release);
        await cache.deleteOthers(id);
        const keep = (objects: Source["received"]) => cache.add(id, objects);
        return {
          ...release,
          model,
          origin: "cache",
          fallbackReason: null,
          findNewer: () => findOther(id, known),
          // Kept once it was asked for; until then, or when damaged, Storage has it.
          fetchReport: readReport && (() => readReport(from).catch(() => readLive(readReport, keep))),
        };
      } catch {
        // Damaged, of another Storage or of a schema that this page does not know any more.
        await cache.delete(id);
      }
    }
  } else if (known === null) {
    try {
      const running = await runBundled(await (bundled ?? askBundled()), null);
      return { ...running, findNewer: () => findOther(running.manifest.release, known) };
    } catch {
      // It may not be the one to run any more.
    }
  }

  let fallbackReason: Problem | null = null;
  try {
    const storage = await asked;
    if (storage !== null) return await runCurrent(storage, await readCurrent(live, storage));
  } catch (error) {
    fallbackReason = problemOf(error);
  }
  const running = await runBundled(await (bundled ?? askBundled()), fallbackReason);
  if (fallbackReason === null) void cache.saveConfig(config.received);
  return running;
}
