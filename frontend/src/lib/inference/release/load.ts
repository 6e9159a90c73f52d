/**
 * Find the release to run, download it, and verify all its files before it starts.
 *
 * `/config.json` names the URL of Storage and the keys that may sign. There, `models/current.json` holds the hash of a manifest
 * and a signature, and the manifest holds the hashes of the release's files. Verified files from Storage are cached in the
 * browser, and so are the configuration with which a release last ran and the highest version of a signed pointer.
 *
 * With a cached configuration the page starts without the network: with the cached release, or with the bundled one where
 * the site has no Storage. An unreachable server or a broken new release therefore cannot stop the page. Then the current
 * configuration and pointer are downloaded. If they name another release, it is downloaded and verified. The page starts it in
 * a worker of its own. If it starts there, it is cached, and becomes active when the visitor accepts it, or at the next visit.
 * Without a cached configuration, Storage's release runs, or the bundled one if Storage is slow or its release cannot be used. A
 * release that arrives late is an update.
 *
 * A release that did not run in this browser is remembered and not started again for a day. A cached release that the current keys did not
 * sign is revoked: the page starts another one at once.
 */

import { type Problem, problemOf, ReleaseError } from "../errors";
import type { ReleaseCache } from "./cache";
import {
  fetchBundled,
  fetchCurrent,
  type FetchedRelease,
  pointerUrl,
  readConfig,
  readPointer,
  type SiteConfig,
  type VerifiedPointer,
  verifyPointer,
} from "./fetchRelease";
import { displayName } from "./download";
import type { Pointer } from "./pointer";
import { Source, type SourceOptions } from "./source";
import type { ExcludedRelease, LoadedRelease, StartableRelease, Update } from "./types";

export interface LoadOptions<M> {
  readonly fetch: typeof fetch;
  readonly cache: ReleaseCache;
  /** Start a verified release. Rejects only if no release can start. Never settles if the release does not start. */
  readonly start: (release: StartableRelease) => Promise<M>;
  /** Called with the bytes of the release's files received so far, and in total. */
  readonly onProgress: (received: number, total: number) => void;
  /** Absolute URL of `/config.json`. */
  readonly configUrl: string;
  /** Absolute URL of the bundled release's folder, with a trailing slash. */
  readonly bundledUrl: string;
  /** Releases that failed since the page was opened. They are remembered and not started. */
  readonly excluded?: readonly ExcludedRelease[];
  readonly timeouts?: Timeouts;
}

/** In milliseconds. */
export interface Timeouts {
  /** A download fails if no data arrive for this time. */
  readonly stalled: number;
  /** The bundled release is downloaded, too, if no data from Storage arrive for this time, */
  readonly slow: number;
  /** or if Storage's release is not complete after this time. */
  readonly late: number;
}

const TIMEOUTS: Timeouts = { stalled: 20_000, slow: 5_000, late: 20_000 };

type WithStorage = SiteConfig & { readonly storage: string };

function hasStorage(config: SiteConfig): config is WithStorage {
  return config.storage !== null;
}

/**
 * Load and start the release to run.
 *
 * @throws ReleaseError if the bundled release cannot be used either, or if no release can start.
 */
export function loadRelease<M>(options: LoadOptions<M>): Promise<LoadedRelease<M>> {
  return new ReleaseLoader(options).load();
}

interface DownloadedRelease extends Update, Pick<LoadedRelease<unknown>, "fetchReport"> {
  /** SHA-256 of the manifest's bytes. */
  readonly manifestHash: string;
}

class ReleaseLoader<M> {
  /** Reads from Storage. Everything that it receives is cached as part of Storage's release. */
  private readonly storageSource: Source;
  private readonly siteSource: Source;
  private readonly config: Promise<SiteConfig>;
  private bundledManifest: Promise<ArrayBuffer> | null = null;
  /** Called when data of the configuration or from Storage arrive. */
  private onData = () => {};
  /** Whether the progress of the bundled release is reported instead of that of Storage's. */
  private showsBundled = false;

  constructor(private readonly options: LoadOptions<M>) {
    const onData = () => this.onData();
    this.storageSource = this.newSource({
      onData,
      onProgress: (received, total) => {
        if (!this.showsBundled) options.onProgress(received, total);
      },
    });
    this.siteSource = this.newSource();
    this.config = readConfig(this.newSource({ onData }), options.configUrl);
    this.config.catch(() => {}); // Handled where it is awaited.
  }

  async load(): Promise<LoadedRelease<M>> {
    const { cache, configUrl, excluded = [] } = this.options;
    for (const { release, problem } of excluded) {
      // A revoked release may be signed anew.
      await (problem.code === "revoked" ? cache.delete(release) : cache.reject(release));
    }
    const [cachedIds, cachedConfig] = await Promise.all([
      cache.ids(),
      readConfig(this.newSource({ fetch: cache.fetchConfig }), configUrl).catch(() => null),
    ]);
    // Without cached releases, download the manifest in parallel with config.json: one round trip instead of two.
    if (cachedIds.length === 0) this.downloadBundledManifest().catch(() => {});

    return (
      (cachedConfig && (await this.startCached(cachedIds, cachedConfig))) ?? (await this.startFromNetwork())
    );
  }

  /**
   * Start the release that the cached configuration names.
   *
   * @returns Null if no release can be started.
   */
  private async startCached(ids: readonly string[], config: SiteConfig): Promise<LoadedRelease<M> | null> {
    if (!hasStorage(config)) return this.startCachedBundled(config);
    for (const id of ids) {
      const cached = await this.readCached(id, config);
      if (cached === null) continue;
      const model = await this.options.start(cached);
      // Another page may have saved a newer release meanwhile.
      for (const other of ids) if (other !== id) await this.options.cache.delete(other);
      return { ...cached, model };
    }
    return null;
  }

  /** @returns Null if the release cannot be used. Then it is deleted, unless the cache cannot be read. */
  private async readCached(id: string, config: WithStorage): Promise<Omit<LoadedRelease<M>, "model"> | null> {
    try {
      return await this.verifyCached(id, config);
    } catch (error) {
      // The release is damaged, comes from another Storage, has a schema that this page does not support, or is signed by a key
      // that the site does not trust any more.
      if (problemOf(error).code !== "unreachable") await this.options.cache.delete(id);
      return null;
    }
  }

  private async verifyCached(id: string, config: WithStorage): Promise<Omit<LoadedRelease<M>, "model">> {
    const { cache, excluded = [] } = this.options;
    await this.checkUsable(id);
    // It could not be deleted.
    if (excluded.some(({ release }) => release === id)) throw new ReleaseError({ code: "revoked" });
    const source = this.newSource({ fetch: cache.fetchFrom(id) });
    const pointer = await readPointer(source, config.storage, config.keys);
    const { manifestHash, readReport, ...release } = await fetchCurrent(source, config.storage, pointer);
    const addToCache = (objects: Source["received"]) => cache.add(id, objects);
    return {
      ...release,
      origin: "cache",
      fallbackReason: null,
      findNewer: () => this.findOther(manifestHash, config, pointer),
      // The report is cached when it is first read. If it is missing or damaged in the cache, download it from Storage.
      fetchReport:
        readReport && (() => readReport(source).catch(() => this.downloadReport(readReport, addToCache))),
    };
  }

  private async startCachedBundled(config: SiteConfig): Promise<LoadedRelease<M> | null> {
    // Without it, the current configuration may name another release.
    const bundled = await this.downloadBundled().catch(() => null);
    if (bundled === null) return null;
    const running = await this.start(bundled);
    return { ...running, findNewer: () => this.findOther(bundled.manifestHash, config) };
  }

  /** Start Storage's release; or the bundled one if there is no Storage, or if its release is late or cannot be used. */
  private async startFromNetwork(): Promise<LoadedRelease<M>> {
    const stored = this.config.then((config) => (hasStorage(config) ? this.downloadStored(config) : null));
    const outcome: { withoutStorage?: boolean; problem?: Problem } = {};
    stored.then(
      (release) => (outcome.withoutStorage = release === null),
      (error: unknown) => (outcome.problem = problemOf(error)),
    );
    const first = await firstFulfilled(
      this.untilLate(stored).then(() => this.downloadBundled()),
      stored.then((release) => release ?? Promise.reject(new Error("no Storage"))),
    );
    const running = await this.start(first);
    if (first.release.origin === "storage" || outcome.withoutStorage) {
      // It is not saved if another page has used a newer version meanwhile.
      first.save().catch(() => {});
      return running;
    }
    if (outcome.problem !== undefined) return { ...running, fallbackReason: outcome.problem };
    // Storage's release is late.
    return { ...running, findNewer: async () => this.updateTo((await stored) ?? first, first.manifestHash) };
  }

  /** Resolves when Storage's release is late or cannot be used. Never resolves if it is downloaded in time. */
  private untilLate(stored: Promise<DownloadedRelease | null>): Promise<void> {
    const { slow, late } = this.timeouts;
    return new Promise((resolve) => {
      const useBundled = () => {
        this.showsBundled = true;
        resolve();
      };
      const lateTimer = setTimeout(useBundled, late);
      let slowTimer: ReturnType<typeof setTimeout> | undefined;
      this.onData = () => {
        clearTimeout(slowTimer);
        slowTimer = setTimeout(useBundled, slow);
      };
      this.onData();
      const stop = () => {
        this.onData = () => {};
        clearTimeout(slowTimer);
        clearTimeout(lateTimer);
      };
      stored.then(
        (release) => {
          stop();
          if (release === null) useBundled();
        },
        () => {
          stop();
          useBundled();
        },
      );
    });
  }

  /**
   * Download the release that the current configuration and pointer name.
   *
   * @param runningHash - SHA-256 of the running release's manifest.
   * @param cached - The configuration with which it was started.
   * @param running - The pointer to it; undefined if it is bundled.
   * @returns Null if it is the running release.
   * @throws ReleaseError with the code `revoked` if the running release must be replaced.
   */
  private async findOther(
    runningHash: string,
    cached: SiteConfig,
    running?: Pointer,
  ): Promise<Update | null> {
    const { cache, configUrl } = this.options;
    const config = await this.config.catch((error: unknown) => {
      // A site without Storage keeps its release if config.json cannot be read.
      if (!hasStorage(cached)) return cached;
      throw error;
    });
    // A release that is signed by a revoked key must not start at the next visit.
    if (hasStorage(cached)) {
      await cache.saveConfig(configUrl, { ...config, storage: cached.storage });
      if (running !== undefined) await this.checkNotRevoked(running, cached.storage, config);
    }
    if (!hasStorage(config)) {
      if (!hasStorage(cached)) return null;
      const bundled = await this.downloadBundled();
      await this.checkUsable(bundled.release.manifest.release);
      return this.updateTo(bundled, runningHash);
    }
    const pointer = await this.readCurrent(config);
    if (pointer.manifest.sha256 !== runningHash || config.storage !== cached.storage) {
      return this.updateTo(await this.downloadStored(config, pointer), runningHash);
    }
    if (pointer.signature !== null) {
      // The running release may be signed anew.
      await this.saveCurrent(pointer, config, () => cache.add(pointer.release, this.storageSource.received));
    }
    return null;
  }

  /**
   * @param running - The pointer to the running release.
   * @param storage - Its Storage.
   * @throws ReleaseError if it is revoked.
   */
  private async checkNotRevoked(running: Pointer, storage: string, config: SiteConfig): Promise<void> {
    try {
      await verifyPointer(running, storage, config.keys);
    } catch {
      // Storage's pointer may name the release with a new signature. A thief of the old key must not delay this check.
      const current =
        hasStorage(config) && config.storage === storage
          ? await Promise.race([this.readCurrent(config), delay(this.timeouts.slow)]).catch(() => null)
          : null;
      if (current?.manifest.sha256 !== running.manifest.sha256) throw new ReleaseError({ code: "revoked" });
    }
  }

  /** @returns Null if `other` is the running release. */
  private async updateTo(other: DownloadedRelease, runningHash: string): Promise<Update | null> {
    if (other.manifestHash !== runningHash) return other;
    // The release runs from here at the next visit.
    await other.save();
    return null;
  }

  private async start({ release, fetchReport }: DownloadedRelease): Promise<LoadedRelease<M>> {
    return { ...release, model: await this.options.start(release), findNewer: null, fetchReport };
  }

  /** Storage's pointer. @throws ReleaseError if its version is too low. */
  private async readCurrent(config: WithStorage): Promise<VerifiedPointer> {
    const pointer = await readPointer(this.storageSource, config.storage, config.keys);
    await this.checkVersion(pointer, config);
    return pointer;
  }

  /** @throws ReleaseError if the version of a pointer is below the site's or below one that was used before. */
  private async checkVersion(
    { signature }: VerifiedPointer,
    { storage, keys, version: lowest }: WithStorage,
  ): Promise<void> {
    if (signature === null) return;
    const { version } = signature;
    const newest = Math.max(lowest, await this.options.cache.newestVersion(storage, keys));
    if (version < newest) {
      const file = displayName(pointerUrl(storage));
      throw new ReleaseError({ code: "olderVersion", file, version, newest });
    }
  }

  /**
   * Cache files of the current release, and remember the version of its pointer.
   *
   * @throws ReleaseError if another page of the site has used a newer version meanwhile.
   */
  private saveCurrent(
    pointer: VerifiedPointer,
    config: WithStorage,
    save: () => Promise<void>,
  ): Promise<void> {
    const { cache } = this.options;
    return cache.exclusively(async () => {
      await this.checkVersion(pointer, config);
      if (pointer.signature !== null) await cache.saveVersion(config.storage, pointer.signature);
      await save();
    });
  }

  /** @param pointer - Storage's pointer if it was already read. */
  private async downloadStored(config: WithStorage, pointer?: VerifiedPointer): Promise<DownloadedRelease> {
    const { cache, configUrl } = this.options;
    const source = this.storageSource;
    const current = pointer ?? (await this.readCurrent(config));
    const id = current.release;
    await this.checkUsable(id);
    const { manifestHash, readReport, ...release } = await fetchCurrent(source, config.storage, current);
    const save = () =>
      this.saveCurrent(current, config, async () => {
        if (await cache.save(id, source.received)) await cache.saveConfig(configUrl, config);
      });
    let saved = Promise.resolve();
    const addToCache = (objects: Source["received"]) =>
      saved.then(
        () => cache.add(id, objects),
        () => {},
      );
    return {
      release: { ...release, origin: "storage", fallbackReason: null },
      manifestHash,
      save: () => (saved = save()),
      reject: () => cache.reject(id),
      fetchReport: readReport && (() => this.downloadReport(readReport, addToCache)),
    };
  }

  private async downloadBundled(): Promise<DownloadedRelease> {
    const { bundledUrl, cache, configUrl } = this.options;
    const json = await this.downloadBundledManifest();
    const { manifestHash, readReport, ...release } = await fetchBundled(this.siteSource, bundledUrl, json);
    const id = release.manifest.release;
    // A rejection on an earlier visit does not count: nothing else could run.
    this.checkNotExcluded(id);
    return {
      release: { ...release, origin: "bundled", fallbackReason: null },
      manifestHash,
      save: async () => cache.saveConfig(configUrl, await this.config),
      reject: () => cache.reject(id),
      fetchReport: readReport && (() => this.downloadReport(readReport)),
    };
  }

  /** @throws ReleaseError if the release failed since the page was opened or on an earlier visit. */
  private async checkUsable(id: string): Promise<void> {
    this.checkNotExcluded(id);
    if (await this.options.cache.isRejected(id)) throw new ReleaseError({ code: "rejectedEarlier" });
  }

  /** @throws ReleaseError if the release failed since the page was opened. */
  private checkNotExcluded(id: string): void {
    const excluded = this.options.excluded?.find(({ release }) => release === id);
    if (excluded !== undefined && excluded.problem.code !== "revoked")
      throw new ReleaseError(excluded.problem);
  }

  /** @param addToCache - Called with the report's content by URL. */
  private async downloadReport(
    readReport: NonNullable<FetchedRelease["readReport"]>,
    addToCache?: (objects: Source["received"]) => Promise<void>,
  ): Promise<ArrayBuffer> {
    const source = this.newSource();
    const report = await readReport(source);
    void addToCache?.(source.received);
    return report;
  }

  private downloadBundledManifest(): Promise<ArrayBuffer> {
    const url = `${this.options.bundledUrl}manifest.json`;
    return (this.bundledManifest ??= this.siteSource.unverified(url).catch((error: unknown) => {
      // The next call tries again.
      this.bundledManifest = null;
      throw error;
    }));
  }

  private newSource(options: Partial<SourceOptions> = {}): Source {
    const { fetch, onProgress } = this.options;
    return new Source({ fetch, onProgress, timeout: this.timeouts.stalled, ...options });
  }

  private get timeouts(): Timeouts {
    return this.options.timeouts ?? TIMEOUTS;
  }
}

/** Resolves to null after a time in milliseconds. */
function delay(milliseconds: number): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), milliseconds));
}

/** The first promise that fulfils. @throws The error of `a` if both reject. */
async function firstFulfilled<T>(a: Promise<T>, b: Promise<T>): Promise<T> {
  try {
    return await Promise.any([a, b]);
  } catch {
    return a;
  }
}
