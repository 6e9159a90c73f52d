/**
 * Releases from Storage in the browser's Cache Storage. Each release has its own cache with all files that were read to load
 * it, including the pointer, under their URLs. A cached release is loaded and verified like one from Storage.
 */

import type { SiteConfig } from "./fetchRelease";
import type { PublicKey, ReleaseSignature } from "./signature";

const PREFIX = "digits-release-";
const CONFIG = "digits-config";
/** An empty cache with this prefix and the id of a release marks it as rejected. */
const REJECTED = "digits-rejected-";
const VERSIONS = "digits-versions";

const encode = (text: string) => new TextEncoder().encode(text).buffer;

/**
 * A version counts only while its key is pinned. Otherwise, a thief of a key could sign the largest version, and all later
 * releases would be refused.
 */
const versionUrl = (storage: string, key: PublicKey) => `${storage}?key=${encodeURIComponent(key)}`;

/** The cache is optional. If Cache Storage is missing, forbidden or full, nothing is cached and no error is thrown. */
export class ReleaseCache {
  /** @param storage - Returns Cache Storage. It may throw, as some browsers forbid access. */
  constructor(private readonly storage: () => CacheStorage) {}

  /** Ids of the cached releases, the last saved first. Cache Storage keeps the order of creation. */
  async ids(): Promise<string[]> {
    const names = await this.attempt((caches) => caches.keys());
    const releases = (names ?? []).filter((name) => name.startsWith(PREFIX));
    return releases.map((name) => name.slice(PREFIX.length)).reverse();
  }

  /** A `fetch` that reads a release's cached files. Other URLs have status 404. */
  fetchFrom(id: string): typeof fetch {
    return (url) => this.match(PREFIX + id, url);
  }

  /** A `fetch` that reads the cached configuration of the site. */
  readonly fetchConfig: typeof fetch = (url) => this.match(CONFIG, url);

  /**
   * Cache a release in place of an earlier copy. Releases that were rejected before it may be tried again: they are not current
   * any more, unless they are published again.
   *
   * @param objects - Contents by URL.
   * @returns Whether all files are cached. If one cannot be cached, none is.
   */
  async save(id: string, objects: ReadonlyMap<string, ArrayBuffer>): Promise<boolean> {
    await this.delete(id);
    await this.attempt(async (caches) => {
      const rejected = (await caches.keys()).filter((name) => name.startsWith(REJECTED));
      await Promise.all(rejected.map((name) => caches.delete(name)));
    });
    const complete = await this.put(PREFIX + id, objects);
    if (!complete) await this.delete(id);
    return complete;
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
    const read = async (key: PublicKey) => (await this.match(VERSIONS, versionUrl(storage, key))).text();
    return Math.max(0, ...(await Promise.all(keys.map(read))).map(Number));
  }

  /** Remember the version of a pointer that is used. */
  async saveVersion(storage: string, { key, version }: ReleaseSignature): Promise<void> {
    if (version <= (await this.newestVersion(storage, [key]))) return;
    await this.put(VERSIONS, new Map([[versionUrl(storage, key), encode(String(version))]]));
  }

  async delete(id: string): Promise<void> {
    await this.attempt((caches) => caches.delete(PREFIX + id));
  }

  /** Delete all cached releases except one. */
  async deleteOthers(id: string): Promise<void> {
    for (const other of await this.ids()) if (other !== id) await this.delete(other);
  }

  /** Delete a release and remember that it does not run in this browser. */
  async reject(id: string): Promise<void> {
    await this.delete(id);
    await this.attempt((caches) => caches.open(REJECTED + id));
  }

  async isRejected(id: string): Promise<boolean> {
    return (await this.attempt((caches) => caches.has(REJECTED + id))) ?? false;
  }

  private async match(name: string, url: RequestInfo | URL): Promise<Response> {
    const response = await this.attempt((caches) => caches.match(url, { cacheName: name }));
    return response ?? new Response(null, { status: 404 });
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

  /** The result of `access`; undefined if it fails. */
  private async attempt<T>(access: (caches: CacheStorage) => Promise<T>): Promise<T | undefined> {
    try {
      return await access(this.storage());
    } catch {
      return undefined;
    }
  }
}
