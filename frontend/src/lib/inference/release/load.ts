/**
 * Find the release to run, download it, and verify all its files before it starts.
 *
 * `/config.json` names the URL of Storage. There, `models/current.json` holds the hash of a manifest, and the manifest
 * holds the hashes of the release's files. Verified files from Storage are cached in the browser, and so is the
 * configuration with which a release last ran.
 *
 * With a cached configuration the page starts without the network: with the cached release, or with the bundled one where
 * the site has no Storage. An unreachable server or a broken new release therefore cannot stop the page. Then the current
 * configuration and pointer are downloaded. If they name another release, it is downloaded and verified. If it
 * starts, it is cached, and becomes active when the visitor accepts it, or at the next visit. Without a cached configuration,
 * Storage's release runs, or the bundled one if loading Storage's fails.
 */

import { type Problem, problemOf } from "../errors";
import type { ReleaseCache } from "./cache";
import { fetchBundled, fetchCurrent, type FetchedRelease, readPointer, readStorageUrl } from "./fetchRelease";
import type { Pointer } from "./pointer";
import { Source, type Timeouts } from "./source";
import type { LoadedRelease, Release, Update } from "./types";

export interface LoadOptions<M> {
  readonly fetch: typeof fetch;
  readonly cache: ReleaseCache;
  /** Start a verified release. If it rejects, the release is not used. */
  readonly start: (release: Release) => Promise<M>;
  /** Called with the bytes of the release's files received so far, and in total. */
  readonly onProgress: (received: number, total: number) => void;
  /** Absolute URL of `/config.json`. */
  readonly configUrl: string;
  /** Absolute URL of the bundled release's folder, with a trailing slash. */
  readonly bundledUrl: string;
  readonly timeouts?: Timeouts;
}

const TIMEOUTS: Timeouts = { json: 6_000, file: 30_000 };

/** URL of Storage; null if the site has none. */
type StorageUrl = string | null;

/**
 * Load and start the release to run.
 *
 * @throws ReleaseError if the bundled release cannot be used either.
 */
export function loadRelease<M>(options: LoadOptions<M>): Promise<LoadedRelease<M>> {
  return new ReleaseLoader(options).load();
}

interface DownloadedRelease extends Update, Pick<LoadedRelease<unknown>, "fetchReport"> {
  /** SHA-256 of the manifest's bytes. */
  readonly manifestHash: string;
}

class ReleaseLoader<M> {
  private readonly configSource: Source;
  /** Reads from Storage. Everything that it receives is cached as part of Storage's release. */
  private readonly storageSource: Source;
  private readonly siteSource: Source;
  private readonly storageUrl: Promise<StorageUrl>;
  private bundledManifest: Promise<ArrayBuffer> | null = null;

  constructor(private readonly options: LoadOptions<M>) {
    this.configSource = this.newSource();
    this.storageSource = this.newSource();
    this.siteSource = this.newSource();
    this.storageUrl = this.readConfig(this.configSource);
    this.storageUrl.catch(() => {}); // Handled where it is awaited.
  }

  async load(): Promise<LoadedRelease<M>> {
    const { cache } = this.options;
    const [cachedIds, cachedUrl] = await Promise.all([
      cache.ids(),
      this.readConfig(this.newSource(cache.fetchConfig)).catch(() => undefined),
    ]);
    // Without cached releases, download the manifest in parallel with config.json: one round trip instead of two.
    if (cachedIds.length === 0) this.downloadBundledManifest().catch(() => {});

    return (await this.startCached(cachedIds, cachedUrl)) ?? (await this.startFromNetwork());
  }

  /**
   * Start the release that the cached configuration names.
   *
   * @param cachedUrl - Undefined if no configuration is cached.
   * @returns Null if no release can be started.
   */
  private async startCached(
    ids: readonly string[],
    cachedUrl: StorageUrl | undefined,
  ): Promise<LoadedRelease<M> | null> {
    if (cachedUrl === undefined) return null;
    if (cachedUrl === null) return this.startCachedBundled();
    for (const id of ids) {
      try {
        return await this.startCachedRelease(id, cachedUrl);
      } catch {
        // The release is damaged, comes from another Storage, or has a schema that this page does not support.
        await this.options.cache.delete(id);
      }
    }
    return null;
  }

  private async startCachedRelease(id: string, storage: string): Promise<LoadedRelease<M>> {
    const { cache, start } = this.options;
    const source = this.newSource(cache.fetchFrom(id));
    const pointer = await readPointer(source, storage);
    const { manifestHash, readReport, ...release } = await fetchCurrent(source, storage, pointer);
    const model = await start(release);
    await cache.deleteOthers(id);
    const addToCache = (objects: Source["received"]) => cache.add(id, objects);
    return {
      ...release,
      model,
      origin: "cache",
      fallbackReason: null,
      findNewer: () => this.findOther(manifestHash, storage),
      // The report is cached when it is first read. If it is missing or damaged in the cache, download it from Storage.
      fetchReport:
        readReport && (() => readReport(source).catch(() => this.downloadReport(readReport, addToCache))),
    };
  }

  private async startCachedBundled(): Promise<LoadedRelease<M> | null> {
    try {
      const bundled = await this.downloadBundled();
      const running = await this.start(bundled);
      return { ...running, findNewer: () => this.findOther(bundled.manifestHash, null) };
    } catch {
      // The current configuration may name another release.
      return null;
    }
  }

  /** Start Storage's release, or the bundled one if there is no Storage or its release cannot be used. */
  private async startFromNetwork(): Promise<LoadedRelease<M>> {
    let fallbackReason: Problem | null = null;
    try {
      const storage = await this.storageUrl;
      if (storage !== null) return await this.startAndSave(await this.downloadStored(storage));
    } catch (error) {
      fallbackReason = problemOf(error);
    }
    const bundled = await this.downloadBundled(fallbackReason);
    return fallbackReason === null ? this.startAndSave(bundled) : this.start(bundled);
  }

  /**
   * Download the release that the current configuration and pointer name.
   *
   * @param runningHash - SHA-256 of the running release's manifest.
   * @param cachedUrl - Storage's URL in the cached configuration, with which it was started.
   * @returns Null if it is the running release.
   */
  private async findOther(runningHash: string, cachedUrl: StorageUrl): Promise<Update | null> {
    // A site without Storage keeps its release if config.json cannot be read.
    const storage = await (cachedUrl === null ? this.storageUrl.catch(() => null) : this.storageUrl);
    let other: DownloadedRelease;
    if (storage === null) {
      if (cachedUrl === null) return null;
      other = await this.downloadBundled();
    } else {
      const pointer = await readPointer(this.storageSource, storage);
      if (pointer.manifest.sha256 === runningHash && storage === cachedUrl) return null;
      other = await this.downloadStored(storage, pointer);
    }
    if (other.manifestHash !== runningHash) return other;
    // The running release itself, from another place.
    await other.save();
    return null;
  }

  private async startAndSave(downloaded: DownloadedRelease): Promise<LoadedRelease<M>> {
    const running = await this.start(downloaded);
    void downloaded.save();
    return running;
  }

  private async start({ release, fetchReport }: DownloadedRelease): Promise<LoadedRelease<M>> {
    return { ...release, model: await this.options.start(release), findNewer: null, fetchReport };
  }

  /** @param pointer - Storage's pointer if it was already read. */
  private async downloadStored(storage: string, pointer?: Pointer): Promise<DownloadedRelease> {
    const { cache } = this.options;
    const source = this.storageSource;
    const current = pointer ?? (await readPointer(source, storage));
    const { manifestHash, readReport, ...release } = await fetchCurrent(source, storage, current);
    let saved = Promise.resolve();
    const save = async () => {
      if (await cache.save(current.release, source.received)) await this.cacheConfig();
    };
    const addToCache = (objects: Source["received"]) => saved.then(() => cache.add(current.release, objects));
    return {
      release: { ...release, origin: "storage", fallbackReason: null },
      manifestHash,
      save: () => (saved = save()),
      fetchReport: readReport && (() => this.downloadReport(readReport, addToCache)),
    };
  }

  private async downloadBundled(fallbackReason: Problem | null = null): Promise<DownloadedRelease> {
    const { bundledUrl } = this.options;
    const json = await this.downloadBundledManifest();
    const { manifestHash, readReport, ...release } = await fetchBundled(this.siteSource, bundledUrl, json);
    return {
      release: { ...release, origin: "bundled", fallbackReason },
      manifestHash,
      save: () => this.cacheConfig(),
      fetchReport: readReport && (() => this.downloadReport(readReport)),
    };
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
    return (this.bundledManifest ??= this.siteSource.unverified(`${this.options.bundledUrl}manifest.json`));
  }

  private readConfig(source: Source): Promise<StorageUrl> {
    return readStorageUrl(source, this.options.configUrl);
  }

  private cacheConfig(): Promise<void> {
    return this.options.cache.saveConfig(this.configSource.received);
  }

  private newSource(fetch = this.options.fetch): Source {
    return new Source(fetch, this.options.onProgress, this.options.timeouts ?? TIMEOUTS);
  }
}
