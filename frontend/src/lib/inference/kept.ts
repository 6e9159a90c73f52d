/**
 * Releases from Storage that ran here before, in the browser's Cache Storage: one cache per release, which holds every
 * object that was read on the way to it under its own URL. It can thus be loaded and verified like Storage itself, and
 * has to be: what it holds is no more to be trusted.
 */

const PREFIX = "digits-release-";

/** A convenience: where Cache Storage is missing, forbidden or full, nothing is kept, and nothing else goes wrong. */
export class KeptReleases {
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
    return async (url) =>
      (await this.attempt(async (caches) => (await caches.open(PREFIX + id)).match(url))) ??
      new Response(null, { status: 404 });
  }

  /** @param objects - Contents by URL. */
  async keep(id: string, objects: ReadonlyMap<string, ArrayBuffer>): Promise<void> {
    await this.forget(id);
    const kept = await this.attempt(async (caches) => {
      const cache = await caches.open(PREFIX + id);
      await Promise.all([...objects].map(([url, content]) => cache.put(url, new Response(content))));
      return true;
    });
    if (kept === undefined) await this.forget(id);
  }

  /** Keep more of a release that is kept; of another one, nothing. */
  async add(id: string, objects: ReadonlyMap<string, ArrayBuffer>): Promise<void> {
    if (!(await this.ids()).includes(id)) return;
    await this.attempt(async (caches) => {
      const cache = await caches.open(PREFIX + id);
      await Promise.all([...objects].map(([url, content]) => cache.put(url, new Response(content))));
    });
  }

  async forget(id: string): Promise<void> {
    await this.attempt((caches) => caches.delete(PREFIX + id));
  }

  async forgetOthers(id: string): Promise<void> {
    for (const other of await this.ids()) if (other !== id) await this.forget(other);
  }

  private async attempt<T>(access: (caches: CacheStorage) => Promise<T>): Promise<T | undefined> {
    try {
      return await access(this.storage());
    } catch {
      return undefined;
    }
  }
}
