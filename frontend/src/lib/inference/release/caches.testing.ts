/** A fake of the browser's Cache Storage. */
export class MemoryCaches {
  readonly stored = new Map<string, Map<string, Response>>();
  full = false;
  /** Number of files that were refused because the storage is full. */
  refused = 0;

  keys = () => Promise.resolve([...this.stored.keys()]);
  has = (name: string) => Promise.resolve(this.stored.has(name));
  match = async (url: string, { cacheName }: { cacheName: string }) =>
    this.stored.get(cacheName)?.get(url)?.clone();
  delete = (name: string) => Promise.resolve(this.stored.delete(name));
  open = (name: string) => {
    const cache = this.stored.get(name) ?? new Map<string, Response>();
    this.stored.set(name, cache);
    return Promise.resolve({
      put: (url: string, response: Response) => {
        if (this.full) {
          this.refused++;
          return Promise.reject(new DOMException("Full", "QuotaExceededError"));
        }
        cache.set(url, response);
        return Promise.resolve();
      },
    });
  };

  /** Ids of the cached releases. */
  get ids(): string[] {
    const releases = [...this.stored.keys()].filter((name) => name.startsWith("digits-release-"));
    return releases.map((name) => name.slice(-16));
  }
}
