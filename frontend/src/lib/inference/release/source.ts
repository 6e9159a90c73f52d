import { displayName, download } from "./download";
import { parseJson } from "./json";
import { DamageError, type Digest, verify } from "./verify";

/** No JSON file without a promised size may be larger, in bytes. */
const JSON_LIMIT = 2 ** 20;

/** Milliseconds for one small JSON file and for one file of a release. */
export interface Timeouts {
  readonly json: number;
  readonly file: number;
}

/** Files by URL: from a server, or from what the browser keeps of a release. */
export class Source {
  /** Contents by URL of everything that was read, verified where something vouches for it. */
  readonly received = new Map<string, ArrayBuffer>();

  /** @param onProgress - Called with the bytes of a release that have arrived, and of how many. */
  constructor(
    private readonly fetch: typeof globalThis.fetch,
    readonly onProgress: (received: number, total: number) => void,
    private readonly timeouts: Timeouts,
  ) {}

  /**
   * A small JSON file that nothing vouches for.
   *
   * @throws ReleaseError
   */
  async json(url: string): Promise<unknown> {
    const content = await download(this.fetch, url, {
      cache: "no-cache",
      timeout: this.timeouts.json,
      limit: JSON_LIMIT,
    });
    this.received.set(url, content);
    return parseJson(content, displayName(url));
  }

  /**
   * A file with the size and SHA-256 that were promised.
   *
   * @param onBytes - Called with the number of bytes received so far.
   * @throws ReleaseError
   */
  async verified(
    url: string,
    digest: Digest,
    cache: RequestCache,
    onBytes?: (received: number) => void,
  ): Promise<ArrayBuffer> {
    const once = async (mode: RequestCache) => {
      const content = await download(this.fetch, url, {
        cache: mode,
        timeout: this.timeouts.file,
        limit: digest.bytes,
        onBytes,
      });
      await verify(content, digest, displayName(url));
      this.received.set(url, content);
      return content;
    };
    try {
      return await once(cache);
    } catch (error) {
      if (!(error instanceof DamageError)) throw error;
      // The damage may lie in the browser's own cache, which would serve it for good.
      return once("reload");
    }
  }
}
