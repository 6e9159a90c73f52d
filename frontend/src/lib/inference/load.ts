/**
 * Find the release to run, fetch it and verify every byte of it before anything runs.
 *
 * `/config.json` says where Storage is. There, `models/current.json` vouches for a manifest, which vouches for its
 * files. When there is no Storage, or anything about it fails, the release bundled with the page runs instead.
 */

import { asRecord, FormatError, type Manifest, parseCurrentRelease, parseManifest } from "./manifest";

export interface Release {
  readonly manifest: Manifest;
  /** Verified contents by file name. */
  readonly files: ReadonlyMap<string, ArrayBuffer>;
  readonly origin: "bundled" | "storage";
  /** Why Storage's release does not run although there should be one, as a sentence; else null. */
  readonly fallbackReason: string | null;
}

export interface LoadOptions {
  readonly fetch: typeof fetch;
  /** Absolute URL of `/config.json`. */
  readonly configUrl: string;
  /** Absolute URL of the bundled release's folder, with a slash at its end. */
  readonly bundledUrl: string;
  /** Milliseconds for one small JSON file and for one file of the release. */
  readonly timeouts?: { readonly json: number; readonly file: number };
}

/** A file could not be had, or is not the one that was promised. The message is a sentence for the visitor. */
export class LoadError extends Error {
  override readonly name = "LoadError";
}

/** @throws LoadError or FormatError when the bundled release cannot be used either. */
export async function loadRelease(options: LoadOptions): Promise<Release> {
  const from = new Source(options.fetch, options.timeouts ?? { json: 6_000, file: 30_000 });
  let fallbackReason: string | null = null;
  try {
    const storage = parseConfig(await from.json(options.configUrl));
    if (storage !== null) {
      return { ...(await loadFromStorage(from, storage)), origin: "storage", fallbackReason };
    }
  } catch (error) {
    fallbackReason = sentence(error);
  }
  return { ...(await loadBundled(from, options.bundledUrl)), origin: "bundled", fallbackReason };
}

/** The error's message if it was written for the visitor. */
export function sentence(error: unknown): string {
  if (error instanceof LoadError || error instanceof FormatError) return `${error.message}.`;
  return `Something unexpected went wrong (${error instanceof Error ? error.message : String(error)}).`;
}

type Contents = Pick<Release, "manifest" | "files">;

async function loadFromStorage(from: Source, storage: string): Promise<Contents> {
  const objectUrl = (path: string) => `${storage}/${encodeURIComponent(path)}?alt=media`;
  const current = parseCurrentRelease(await from.json(objectUrl("models/current.json")));
  const { path, ...promised } = current.manifest;
  const manifest = parseManifest(parseJson(await from.verified(objectUrl(path), promised, "default"), path));
  if (manifest.release !== current.release) {
    throw new FormatError(`${path} calls itself release ${manifest.release}`);
  }
  // Everything under models/<release>/ is immutable, so the browser's cache may answer.
  return fetchFiles(from, manifest, (file) => objectUrl(`models/${manifest.release}/${file}`), "default");
}

async function loadBundled(from: Source, folder: string): Promise<Contents> {
  const manifest = parseManifest(await from.json(`${folder}manifest.json`));
  // The same names hold other bytes after the next deployment of the site.
  return fetchFiles(from, manifest, (file) => folder + file, "no-cache");
}

async function fetchFiles(
  from: Source,
  manifest: Manifest,
  url: (file: string) => string,
  cache: RequestCache,
): Promise<Contents> {
  const entries = manifest.files.map(
    async (file) => [file.path, await from.verified(url(file.path), file, cache)] as const,
  );
  return { manifest, files: new Map(await Promise.all(entries)) };
}

function parseConfig(json: unknown): string | null {
  const { storage } = asRecord(json, "config.json");
  if (storage === null || typeof storage === "string") return storage;
  throw new FormatError("config.json storage is neither null nor a URL");
}

class Source {
  constructor(
    private readonly fetch: LoadOptions["fetch"],
    private readonly timeouts: { readonly json: number; readonly file: number },
  ) {}

  /** A small mutable JSON file. */
  async json(url: string): Promise<unknown> {
    return parseJson(await this.bytes(url, "no-cache", this.timeouts.json), displayName(url));
  }

  /** A file with the size and SHA-256 that were promised. */
  async verified(
    url: string,
    promised: { readonly bytes: number; readonly sha256: string },
    cache: RequestCache,
  ): Promise<ArrayBuffer> {
    const content = await this.bytes(url, cache, this.timeouts.file);
    if (content.byteLength !== promised.bytes) {
      const name = displayName(url);
      throw new LoadError(
        `${name} has ${content.byteLength} bytes instead of the ${promised.bytes} promised`,
      );
    }
    if ((await sha256(content)) !== promised.sha256) {
      throw new LoadError(`${displayName(url)} is not the file that its release promised (SHA-256 differs)`);
    }
    return content;
  }

  private async bytes(url: string, cache: RequestCache, timeout: number): Promise<ArrayBuffer> {
    const name = displayName(url);
    let response: Response;
    try {
      const signal = AbortSignal.timeout(timeout);
      response = await this.fetch(url, { cache, credentials: "omit", signal });
      if (response.ok) return await response.arrayBuffer();
    } catch (error) {
      if (error instanceof DOMException && error.name === "TimeoutError") {
        throw new LoadError(`${name} did not arrive within ${timeout / 1000} seconds`);
      }
      throw new LoadError(`${name} could not be reached`);
    }
    throw new LoadError(`${name} could not be fetched (HTTP ${response.status})`);
  }
}

function parseJson(content: ArrayBuffer, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content));
  } catch {
    throw new FormatError(`${name} is not JSON`);
  }
}

async function sha256(content: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** `…/o/models%2Fcurrent.json?alt=media` → `example.org/models/current.json`, without what tells a visitor nothing. */
function displayName(url: string): string {
  const { host, pathname } = new URL(url);
  const file = decodeURIComponent(pathname.split("/").at(-1) ?? "");
  return `${host}/${file}`;
}
