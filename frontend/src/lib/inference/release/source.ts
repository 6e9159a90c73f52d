import { displayName, download, type DownloadOptions } from "./download";
import { MAX_BYTES, parseJson } from "./json";
import { DamageError, type Digest, verify } from "./verify";

export interface SourceOptions {
  readonly fetch: typeof fetch;
  /** Called with the bytes of a release received so far, and in total. */
  readonly onProgress: (received: number, total: number) => void;
  /** Called when data arrive. */
  readonly onData?: () => void;
  /** Milliseconds without received data after which a download fails. */
  readonly timeout: number;
}

/** Reads files from a server or from the browser's cache. */
export class Source {
  /** Contents by URL of all files read so far. */
  readonly received = new Map<string, ArrayBuffer>();

  readonly onProgress: SourceOptions["onProgress"];

  constructor(private readonly options: SourceOptions) {
    this.onProgress = options.onProgress;
  }

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
    const content = await this.download(url, { cache: "no-cache", limit: MAX_BYTES });
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
      const content = await this.download(url, { cache: mode, limit: digest.bytes, onBytes });
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

  private download(url: string, options: Omit<DownloadOptions, "timeout">): Promise<ArrayBuffer> {
    const { fetch, timeout, onData } = this.options;
    const onBytes = (received: number) => {
      onData?.();
      options.onBytes?.(received);
    };
    return download(fetch, url, { ...options, timeout, onBytes });
  }
}
