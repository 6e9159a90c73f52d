/**
 * Find the release to run, fetch it and verify every byte of it before anything runs.
 *
 * `/config.json` says where Storage is. There, `models/current.json` vouches for a manifest, which vouches for its
 * files. What came from there once is kept in the browser, and so is the configuration by which a release last ran.
 *
 * By that one the next visit starts at once, without a word from the network: with the kept release, or with the bundled
 * one where there was no Storage. The visitor waits for nothing, and nothing that is wrong with the line, with Storage or
 * with a newer release can stop the page. Only then does the network's word count; when it comes down to another release,
 * that one is fetched, verified and started beside the running one, and offered. It answers when the visitor says so, or
 * from the next visit on. Where nothing is kept, Storage's release runs; when anything about it fails, the bundled one.
 */

import { faults } from "@/text/errors";
import type { KeptReleases } from "./cache";
import {
  asRecord,
  type CurrentRelease,
  FormatError,
  type Manifest,
  parseCurrentRelease,
  parseManifest,
  REPORT,
} from "./manifest";

export interface Release {
  readonly manifest: Manifest;
  /** Verified contents by file name of all that runs; the report is not among them. */
  readonly files: ReadonlyMap<string, ArrayBuffer>;
}

/** A release, and how to read its report from a source; null when it has none. */
interface Found extends Release {
  readonly readReport: ((from: Source) => Promise<ArrayBuffer>) | null;
}

/** A release that runs as `N`, and how it came here. */
export interface Running<N> extends Release {
  readonly network: N;
  /** `kept`: fetched from Storage on an earlier visit. */
  readonly origin: "bundled" | "storage" | "kept";
  /** Why Storage's release does not run although there should be one, as a sentence; else null. */
  readonly fallbackReason: string | null;
  /**
   * Ask the network for another release than this one, and start it too; null when this is the one to run. Rejects when
   * Storage's cannot be had or does not run. Null when the network has just been asked.
   */
  readonly findNewer: (() => Promise<Running<N> | null>) | null;
  /**
   * The release's report.json, verified like its other files but fetched only now: nobody who draws waits for it.
   * Rejects when it cannot be had. Null when the release has none.
   */
  readonly fetchReport: (() => Promise<ArrayBuffer>) | null;
}

export interface LoadOptions<N> {
  readonly fetch: typeof fetch;
  readonly kept: KeptReleases;
  /** Make a verified release answer; one that rejects does not run, whatever its bytes. */
  readonly start: (release: Release) => Promise<N>;
  /** Bytes of the release's files that have arrived, of how many. */
  readonly onProgress: (received: number, total: number) => void;
  /** Absolute URL of `/config.json`. */
  readonly configUrl: string;
  /** Absolute URL of the bundled release's folder, with a slash at its end. */
  readonly bundledUrl: string;
  /** Milliseconds for one small JSON file and for one file of the release. */
  readonly timeouts?: { readonly json: number; readonly file: number };
}

/** No JSON file without a promised size may be larger, in bytes. */
const JSON_LIMIT = 2 ** 20;
/** Between two tellings of how much has arrived, in milliseconds. */
const PROGRESS_INTERVAL = 100;

/** A file could not be had, or is not the one that was promised. The message is a sentence for the visitor. */
export class LoadError extends Error {
  override readonly name = "LoadError";
}

/** The file arrived, and is not the one that was promised. */
class DamageError extends LoadError {}

/** @throws LoadError or FormatError when the bundled release cannot be used either. */
export async function loadRelease<N>(options: LoadOptions<N>): Promise<Running<N>> {
  const { kept, configUrl, start } = options;
  const source = (fetch: LoadOptions<N>["fetch"]) =>
    new Source(fetch, options.onProgress, options.timeouts ?? { json: 6_000, file: 30_000 });
  const readConfig = async (from: Source) => parseConfig(await from.json(configUrl));
  const config = source(options.fetch);
  const asked = readConfig(config);
  asked.catch(() => {}); // told where it is waited for
  const live = source(options.fetch);
  const readLive = async (
    read: NonNullable<Found["readReport"]>,
    keep?: (objects: Source["received"]) => Promise<void>,
  ) => {
    const from = source(options.fetch);
    const report = await read(from);
    void keep?.(from.received);
    return report;
  };
  const runCurrent = async (storage: string, current: CurrentRelease): Promise<Running<N>> => {
    const { readReport, ...release } = await fetchCurrent(live, storage, current);
    const network = await start(release);
    const whole = kept.keep(current.release, live.received);
    void whole.then((isKept) => (isKept ? kept.keepConfig(config.received) : undefined));
    const keep = (objects: Source["received"]) => whole.then(() => kept.add(current.release, objects));
    return {
      ...release,
      network,
      origin: "storage",
      fallbackReason: null,
      findNewer: null,
      fetchReport: readReport && (() => readLive(readReport, keep)),
    };
  };

  const site = source(options.fetch); // what comes by `live` is kept as Storage's
  const askBundled = () => site.json(`${options.bundledUrl}manifest.json`);
  const runBundled = async (json: unknown, fallbackReason: string | null): Promise<Running<N>> => {
    const { readReport, ...release } = await fetchBundled(site, options.bundledUrl, json);
    return {
      ...release,
      network: await start(release),
      origin: "bundled",
      fallbackReason,
      findNewer: null,
      fetchReport: readReport && (() => readLive(readReport)),
    };
  };
  /** What is to run by the network's word; null when that is the release `id`, which runs by the configuration `known`. */
  const findOther = async (id: string, known: string | null): Promise<Running<N> | null> => {
    // Where there was no Storage, an answer that does not come says nothing of one.
    const storage = await (known === null ? asked.catch(() => null) : asked);
    let other: Running<N>;
    if (storage === null) {
      if (known === null) return null;
      other = await runBundled(await askBundled(), null);
      void kept.keepConfig(config.received);
    } else {
      const current = await readCurrent(live, storage);
      if (current.release === id && storage === known) return null;
      other = await runCurrent(storage, current);
    }
    return other.manifest.release === id ? null : other;
  };

  const [ids, known] = await Promise.all([
    kept.ids(),
    readConfig(source(kept.fetchConfig)).catch(() => undefined),
  ]);
  // Beside config.json, not after it: where nothing is kept, the visitor waits for one answer instead of two.
  const bundled = ids.length === 0 ? askBundled() : null;
  bundled?.catch(() => {});

  if (typeof known === "string") {
    for (const id of ids) {
      try {
        const from = source(kept.fetchFrom(id));
        const { readReport, ...release } = await fetchCurrent(from, known, await readCurrent(from, known));
        const network = await start(release);
        await kept.forgetOthers(id);
        const keep = (objects: Source["received"]) => kept.add(id, objects);
        return {
          ...release,
          network,
          origin: "kept",
          fallbackReason: null,
          findNewer: () => findOther(id, known),
          // Kept once it was asked for; until then, or when damaged, Storage has it.
          fetchReport: readReport && (() => readReport(from).catch(() => readLive(readReport, keep))),
        };
      } catch {
        // Damaged, of another Storage or of a schema that this page does not know any more.
        await kept.forget(id);
      }
    }
  } else if (known === null) {
    try {
      const running = await runBundled(await (bundled ?? askBundled()), null);
      return { ...running, findNewer: () => findOther(running.manifest.release, known) };
    } catch {
      // It may not be the one to run any more.
    }
  }

  let fallbackReason: string | null = null;
  try {
    const storage = await asked;
    if (storage !== null) return await runCurrent(storage, await readCurrent(live, storage));
  } catch (error) {
    fallbackReason = sentence(error);
  }
  const running = await runBundled(await (bundled ?? askBundled()), fallbackReason);
  if (fallbackReason === null) void kept.keepConfig(config.received);
  return running;
}

/** The error's message if it was written for the visitor. */
export function sentence(error: unknown): string {
  if (error instanceof LoadError || error instanceof FormatError) return error.message;
  return faults.unexpected(error instanceof Error ? error.message : String(error));
}

const objectUrl = (storage: string, path: string) => `${storage}/${encodeURIComponent(path)}?alt=media`;

async function readCurrent(from: Source, storage: string): Promise<CurrentRelease> {
  return parseCurrentRelease(await from.json(objectUrl(storage, "models/current.json")));
}

async function fetchCurrent(from: Source, storage: string, current: CurrentRelease): Promise<Found> {
  const { path, ...promised } = current.manifest;
  const url = objectUrl(storage, path);
  const manifest = parseManifest(parseJson(await from.verified(url, promised, "default"), path));
  if (manifest.release !== current.release) {
    throw new FormatError(faults.anotherName(path, manifest.release));
  }
  // Everything under models/<release>/ is immutable, so the browser's cache may answer.
  return fetchFiles(
    from,
    manifest,
    (file) => objectUrl(storage, `models/${manifest.release}/${file}`),
    "default",
  );
}

async function fetchBundled(from: Source, folder: string, json: unknown): Promise<Found> {
  const manifest = parseManifest(json);
  // The page has fetched them ahead. After the next deployment of the site the same names hold other bytes: what the
  // browser kept is not what the manifest promises then, and is fetched again.
  return fetchFiles(from, manifest, (file) => folder + file, "default");
}

async function fetchFiles(
  from: Source,
  manifest: Manifest,
  url: (file: string) => string,
  cache: RequestCache,
): Promise<Found> {
  const report = manifest.files.find(({ path }) => path === REPORT);
  const wanted = manifest.files.filter((file) => file !== report);
  const total = wanted.reduce((sum, { bytes }) => sum + bytes, 0);
  const received = wanted.map(() => 0);
  let told = -Infinity;
  const entries = wanted.map(async (file, i) => {
    const content = await from.verified(url(file.path), file, cache, (bytes) => {
      received[i] = bytes;
      const sum = received.reduce((sum, bytes) => sum + bytes);
      // Each telling draws the page again, which costs a slow phone time just when it has none.
      if (sum < total && performance.now() - told < PROGRESS_INTERVAL) return;
      told = performance.now();
      from.onProgress(sum, total);
    });
    return [file.path, content] as const;
  });
  return {
    manifest,
    files: new Map(await Promise.all(entries)),
    readReport: report === undefined ? null : (from) => from.verified(url(report.path), report, cache),
  };
}

function parseConfig(json: unknown): string | null {
  const { storage } = asRecord(json, "config.json");
  if (storage === null || typeof storage === "string") return storage;
  throw new FormatError(faults.not("config.json storage", faults.kinds.storage));
}

class Source {
  /** Contents by URL of everything that was read, verified where something vouches for it. */
  readonly received = new Map<string, ArrayBuffer>();

  constructor(
    private readonly fetch: typeof globalThis.fetch,
    readonly onProgress: LoadOptions<unknown>["onProgress"],
    private readonly timeouts: { readonly json: number; readonly file: number },
  ) {}

  /** A small mutable JSON file. */
  async json(url: string): Promise<unknown> {
    const content = await this.bytes(url, "no-cache", this.timeouts.json, JSON_LIMIT);
    this.received.set(url, content);
    return parseJson(content, displayName(url));
  }

  /** A file with the size and SHA-256 that were promised. `onBytes` hears how many have arrived. */
  async verified(
    url: string,
    promised: { readonly bytes: number; readonly sha256: string },
    cache: RequestCache,
    onBytes?: (received: number) => void,
  ): Promise<ArrayBuffer> {
    const once = async (mode: RequestCache) => {
      const content = await this.bytes(url, mode, this.timeouts.file, promised.bytes, onBytes);
      const name = displayName(url);
      if (content.byteLength !== promised.bytes) {
        throw new DamageError(faults.anotherSize(name, content.byteLength, promised.bytes));
      }
      if ((await sha256(content)) !== promised.sha256) {
        throw new DamageError(faults.anotherHash(name));
      }
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

  /** Stops to read, and holds no more, as soon as there are more than `limit` bytes. */
  private async bytes(
    url: string,
    cache: RequestCache,
    timeout: number,
    limit: number,
    onBytes?: (received: number) => void,
  ): Promise<ArrayBuffer> {
    const name = displayName(url);
    const signal = AbortSignal.timeout(timeout);
    try {
      const ask = () => this.fetch(url, { cache, credentials: "omit", signal });
      let response = await ask();
      // Busy for a moment, by its own word.
      if (response.status === 503) {
        void response.body?.cancel();
        response = await ask();
      }
      const reader = response.body?.getReader();
      if (!response.ok) {
        void reader?.cancel();
        throw new LoadError(faults.unfetched(name, response.status));
      }
      const chunks: Uint8Array<ArrayBuffer>[] = [];
      let length = 0;
      for (let chunk = await reader?.read(); chunk?.value; chunk = await reader?.read()) {
        chunks.push(chunk.value);
        length += chunk.value.byteLength;
        if (length > limit) {
          void reader?.cancel();
          throw new DamageError(faults.tooLarge(name, limit));
        }
        onBytes?.(length);
      }
      return await new Blob(chunks).arrayBuffer();
    } catch (error) {
      if (error instanceof LoadError) throw error;
      if (error instanceof DOMException && error.name === "TimeoutError") {
        throw new LoadError(faults.late(name, timeout / 1000));
      }
      throw new LoadError(faults.unreachable(name));
    }
  }
}

function parseJson(content: ArrayBuffer, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content));
  } catch {
    throw new FormatError(faults.notJson(name));
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
