import { ReleaseError } from "../errors";
import { DamageError } from "./verify";

export interface DownloadOptions {
  readonly cache: RequestCache;
  /** Milliseconds without received data after which the download fails. */
  readonly timeout: number;
  /** Largest number of bytes that is accepted. */
  readonly limit: number;
  /** Called with the number of bytes received so far. */
  readonly onBytes?: (received: number) => void;
}

/**
 * Download a file. A response with status 503 is requested once more. Reading stops after `limit` bytes.
 *
 * @throws DamageError if the file is larger than `limit`.
 * @throws ReleaseError if it cannot be downloaded, or if no data arrives for `timeout`.
 */
export async function download(
  fetch: typeof globalThis.fetch,
  url: string,
  { cache, timeout, limit, onBytes }: DownloadOptions,
): Promise<ArrayBuffer> {
  const file = displayName(url);
  const stalled = new AbortController();
  const { signal } = stalled;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const restartTimer = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stalled.abort(new DOMException("", "TimeoutError")), timeout);
  };
  restartTimer();
  try {
    const request = () => fetch(url, { cache, credentials: "omit", signal });
    let response = await request();
    // The server is temporarily unavailable.
    if (response.status === 503) {
      void response.body?.cancel();
      response = await request();
    }
    const reader = response.body?.getReader();
    if (!response.ok) {
      void reader?.cancel();
      throw new ReleaseError({ code: "httpStatus", file, status: response.status });
    }
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    let length = 0;
    for (let chunk = await reader?.read(); chunk?.value; chunk = await reader?.read()) {
      restartTimer();
      chunks.push(chunk.value);
      length += chunk.value.byteLength;
      if (length > limit) {
        void reader?.cancel();
        throw new DamageError({ code: "tooLarge", file, limit });
      }
      onBytes?.(length);
    }
    return await new Blob(chunks).arrayBuffer();
  } catch (error) {
    if (error instanceof ReleaseError) throw error;
    if (error instanceof DOMException && error.name === "TimeoutError") {
      throw new ReleaseError({ code: "timeout", file, seconds: timeout / 1000 });
    }
    throw new ReleaseError({ code: "unreachable", file });
  } finally {
    clearTimeout(timer);
  }
}

/** The host and file name of a URL: `example.org/models/current.json` for `…/o/models%2Fcurrent.json?alt=media`. */
export function displayName(url: string): string {
  const { host, pathname } = new URL(url);
  const file = decodeURIComponent(pathname.split("/").at(-1) ?? "");
  return `${host}/${file}`;
}
