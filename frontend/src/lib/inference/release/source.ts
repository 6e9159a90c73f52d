import { displayName, download } from "./download";
import { MAX_BYTES, parseJson } from "./json";
import { DamageError, type Digest, verify } from "./verify";

/** Time limits in milliseconds for a JSON file of unknown size and for a file of a release. */
export interface Timeouts {
  readonly json: number;
  readonly file: number;
}

/** Reads files from a server or from the browser's cache. */
export class Source {
  /** Contents by URL of all files read so far. */
  readonly received = new Map<string, ArrayBuffer>();

  /** @param onProgress - Called with the bytes of a release received so far, and in total. */
  constructor(
    private readonly fetch: typeof globalThis.fetch,
    readonly onProgress: (received: number, total: number) => void,
    private readonly timeouts: Timeouts,
  ) {}

  /**
   * Read a JSON file of unknown size and hash.
   *
   * @throws ReleaseError if it cannot be downloaded, is larger than 1 MiB, or is not JSON.
   */
  async json(url: string): Promise<unknown> {
    return parseJson(await this.unverified(url), displayName(url));
  }

  /**
   * Read a file of unknown size and hash.
   *
   * @throws ReleaseError if it cannot be downloaded or is larger than 1 MiB.
   */
  async unverified(url: string): Promise<ArrayBuffer> {
    const content = await download(this.fetch, url, {
      cache: "no-cache",
      timeout: this.timeouts.json,
      limit: MAX_BYTES,
    });
    this.received.set(url, content);
    return content;
  }

  /**
   * Read a file and verify its size and SHA-256. A file that fails verification is downloaded once more.
   *
   * @param onBytes - Called with the number of bytes received so far.
   * @throws ReleaseError if it cannot be downloaded or fails verification.
   */
  async verified(
    url: string,
    digest: Digest,
    cache: RequestCache,
    onBytes?: (received: number) => void,
  ): Promise<ArrayBuffer> {
    const attempt = async (mode: RequestCache) => {
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
      return await attempt(cache);
    } catch (error) {
      if (!(error instanceof DamageError)) throw error;
      // The damaged copy may come from the browser's HTTP cache, which would return it again.
      return attempt("reload");
    }
  }
}
