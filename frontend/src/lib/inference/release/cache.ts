/**
 * Releases from Storage in the browser's Cache Storage. Each release has its own cache with all files that were read to load
 * it, including the pointer, under their URLs. A cached release is loaded and verified like one from Storage.
 */

import type { SiteConfig } from "./fetchRelease";
import type { PublicKey, ReleaseSignature } from "./signature";

const PREFIX = "digits-release-";
const CONFIG = "digits-config";
/** An empty cache with this prefix, the id of a release and the time marks it as rejected. */
const REJECTED = "digits-rejected-";
const VERSIONS = "digits-versions";

/** Milliseconds after which a rejected release is tried again. The reason may have been the browser's state. */
const REJECTION_TIME = 24 * 60 * 60 * 1000;

const encode = (text: string) => new TextEncoder().encode(text).buffer;
const decode = (content: ArrayBuffer | null | undefined) => new TextDecoder().decode(content ?? undefined);

/**
 * A version counts only while its key is pinned. Otherwise, a thief of a key could sign the largest version, and all later
 * releases would be refused.
 */
const versionUrl = (storage: string, key: PublicKey) => `${storage}?key=${encodeURIComponent(key)}`;

/**
 * The cache is optional. If Cache Storage is missing, forbidden or full, or does not answer, nothing is cached and no error is
 * thrown.
 */
export class ReleaseCache {
  /**
   * @param storage - Returns Cache Storage. It may throw, as some browsers forbid access.
   * @param timeout - Milliseconds after which an access fails.
   */
  constructor(
    private readonly storage: () => CacheStorage,
    private readonly timeout = 10_000,
  ) {}

  /** Run a task while no other page of the site runs one, if the browser has locks. */
  async exclusively(task: () => Promise<void>): Promise<void> {
    let started = false;
    const run = () => {
      started = true;
      return task();
    };
    try {
      await navigator.locks.request(PREFIX, { signal: AbortSignal.timeout(this.timeout) }, run);
    } catch (error) {
      if (started) throw error;
      await task();
    }
  }

  /** Ids of the cached releases, the last saved first. Cache Storage keeps the order of creation. */
  async ids(): Promise<string[]> {
    const names = await this.attempt((caches) => caches.keys());
    const releases = (names ?? []).filter((name) => name.startsWith(PREFIX));
    return releases.map((name) => name.slice(PREFIX.length)).reverse();
  }

  /** A `fetch` that reads a release's cached files. Other URLs have status 404. It rejects if the cache cannot be read. */
  fetchFrom(id: string): typeof fetch {
    return this.fetcher(PREFIX + id);
  }

  /** A `fetch` that reads the cached configuration of the site. */
  readonly fetchConfig: typeof fetch = this.fetcher(CONFIG);

  /**
   * Cache a release in place of an earlier copy. If it is complete, releases that were rejected before it may be tried again:
   * they are not current any more, unless they are published again.
   *
   * @param objects - Contents by URL.
   * @returns Whether all files are cached. If one cannot be cached, none is.
   */
  async save(id: string, objects: ReadonlyMap<string, ArrayBuffer>): Promise<boolean> {
    await this.delete(id);
    const complete = await this.put(PREFIX + id, objects);
    if (!complete) {
      await this.delete(id);
      return false;
    }
    await this.attempt(async (caches) => {
      const rejected = (await caches.keys()).filter((name) => name.startsWith(REJECTED));
      await Promise.all(rejected.map((name) => caches.delete(name)));
    });
    return true;
  }

  /** Add files to a release that is cached. Does nothing if it is not. */
  async add(id: string, objects: ReadonlyMap<string, ArrayBuffer>): Promise<void> {
    if ((await this.ids()).includes(id)) await this.put(PREFIX + id, objects);
  }

  /** @param url - The configuration's URL. */
  async saveConfig(url: string, config: SiteConfig): Promise<void> {
    await this.put(CONFIG, new Map([[url, encode(JSON.stringify(config))]]));
  }

  /** The highest version of a Storage's pointers that were used and signed by one of `keys`; 0 if there is none. */
  async newestVersion(storage: string, keys: readonly PublicKey[]): Promise<number> {
    const read = async (key: PublicKey) => decode(await this.read(VERSIONS, versionUrl(storage, key)));
    return Math.max(0, ...(await Promise.all(keys.map(read))).map(Number));
  }

  /** Remember the version of a pointer that is used, in place of the one before. */
  async saveVersion(storage: string, { key, version }: ReleaseSignature): Promise<void> {
    await this.put(VERSIONS, new Map([[versionUrl(storage, key), encode(String(version))]]));
  }

  async delete(id: string): Promise<void> {
    await this.attempt((caches) => caches.delete(PREFIX + id));
  }

  /** Delete a release and remember for a day that it does not run in this browser. */
  async reject(id: string): Promise<void> {
    await this.delete(id);
    await this.attempt((caches) => caches.open(`${REJECTED}${id}-${Date.now()}`));
  }

  async isRejected(id: string): Promise<boolean> {
    const names = (await this.attempt((caches) => caches.keys())) ?? [];
    const prefix = `${REJECTED}${id}-`;
    const times = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
    return times.some((time) => Math.abs(Date.now() - Number(time)) < REJECTION_TIME);
  }

  private fetcher(name: string): typeof fetch {
    return async (url) => {
      const content = await this.read(name, url);
      if (content === undefined) throw new TypeError("the cache cannot be read");
      return new Response(content, { status: content === null ? 404 : 200 });
    };
  }

  /** The content of a file; null if it is not cached, undefined if the cache cannot be read. */
  private read(name: string, url: RequestInfo | URL): Promise<ArrayBuffer | null | undefined> {
    return this.attempt(
      async (caches) => (await (await caches.match(url, { cacheName: name }))?.arrayBuffer()) ?? null,
    );
  }

  /** @returns Whether all files are stored. */
  private async put(name: string, objects: ReadonlyMap<string, ArrayBuffer>): Promise<boolean> {
    const complete = await this.attempt(async (caches) => {
      const cache = await caches.open(name);
      await Promise.all([...objects].map(([url, content]) => cache.put(url, new Response(content))));
      return true;
    });
    return complete ?? false;
  }

  /** The result of `access`; undefined if it fails or takes too long. */
  private async attempt<T>(access: (caches: CacheStorage) => Promise<T>): Promise<T | undefined> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), this.timeout);
    });
    try {
      return await Promise.race([access(this.storage()), timeout]);
    } catch {
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
}
