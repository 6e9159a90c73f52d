/**
 * Releases from Storage that ran here before, in the browser's Cache Storage: one cache per release, which holds every
 * object that was read on the way to it under its own URL. It can thus be loaded and verified like Storage itself, and
 * has to be: what it holds is no more to be trusted.
 */

const PREFIX = "digits-release-";
const CONFIG = "digits-config";

/** A convenience: where Cache Storage is missing, forbidden or full, nothing is kept, and nothing else goes wrong. */
export class ReleaseCache {
  /** @param storage - May throw: some browsers forbid even to name it. */
  constructor(private readonly storage: () => CacheStorage) {}

  /** The releases' ids, the last kept first. Cache Storage remembers the order by itself: no clock is asked. */
  async ids(): Promise<string[]> {
    const names = await this.attempt((caches) => caches.keys());
    const ours = (names ?? []).filter((name) => name.startsWith(PREFIX));
    return ours.map((name) => name.slice(PREFIX.length)).reverse();
  }

  /** `fetch` from what is kept of a release; what is not there is a 404. */
  fetchFrom(id: string): typeof fetch {
    return (url) => this.match(PREFIX + id, url);
  }

  /** `fetch` the site's configuration as it was when a release last ran by it. */
  readonly fetchConfig: typeof fetch = (url) => this.match(CONFIG, url);

  /**
   * @param objects - Contents by URL.
   * @returns Whether all of them are kept now; else none is.
   */
  async save(id: string, objects: ReadonlyMap<string, ArrayBuffer>): Promise<boolean> {
    await this.delete(id);
    const kept = await this.put(PREFIX + id, objects);
    if (!kept) await this.delete(id);
    return kept;
  }

  /** Keep more of a release that is kept; of another one, nothing. */
  async add(id: string, objects: ReadonlyMap<string, ArrayBuffer>): Promise<void> {
    if ((await this.ids()).includes(id)) await this.put(PREFIX + id, objects);
  }

  async saveConfig(objects: ReadonlyMap<string, ArrayBuffer>): Promise<void> {
    await this.put(CONFIG, objects);
  }

  async delete(id: string): Promise<void> {
    await this.attempt((caches) => caches.delete(PREFIX + id));
  }

  async deleteOthers(id: string): Promise<void> {
    for (const other of await this.ids()) if (other !== id) await this.delete(other);
  }

  private async match(name: string, url: RequestInfo | URL): Promise<Response> {
    const found = await this.attempt((caches) => caches.match(url, { cacheName: name }));
    return found ?? new Response(null, { status: 404 });
  }

  private async put(name: string, objects: ReadonlyMap<string, ArrayBuffer>): Promise<boolean> {
    const kept = await this.attempt(async (caches) => {
      const cache = await caches.open(name);
      await Promise.all([...objects].map(([url, content]) => cache.put(url, new Response(content))));
      return true;
    });
    return kept ?? false;
  }

  private async attempt<T>(access: (caches: CacheStorage) => Promise<T>): Promise<T | undefined> {
    try {
      return await access(this.storage());
    } catch {
      return undefined;
    }
  }
}
