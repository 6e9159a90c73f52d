/** Reads the configuration, the pointer and the files of a release from a source. */

import * as v from "valibot";
import { ReleaseError } from "../errors";
import { parseDocument, parseJson } from "./json";
import { type CurrentRelease, type Manifest, parseCurrentRelease, parseManifest, REPORT } from "./manifest";
import type { Source } from "./source";
import type { Release } from "./types";

/** Milliseconds between two calls of `onProgress`. */
const PROGRESS_INTERVAL = 100;

/** The site's configuration: Storage's base URL. */
const config = v.object({ storage: v.nullable(v.string()) });

/** A release, and how to read its report from a source; null when it has none. */
export interface FetchedRelease extends Release {
  readonly readReport: ((from: Source) => Promise<ArrayBuffer>) | null;
}

/** Storage's base URL by the site's configuration; null when the site has no Storage. @throws ReleaseError */
export async function readStorageUrl(from: Source, configUrl: string): Promise<string | null> {
  return parseDocument(config, await from.json(configUrl), "config.json").storage;
}

/** The release that Storage points at. @throws ReleaseError */
export async function readCurrent(from: Source, storage: string): Promise<CurrentRelease> {
  return parseCurrentRelease(await from.json(objectUrl(storage, "models/current.json")));
}

/** The release that `current` points at, every byte of it verified. @throws ReleaseError */
export async function fetchCurrent(
  from: Source,
  storage: string,
  current: CurrentRelease,
): Promise<FetchedRelease> {
  const { path, ...digest } = current.manifest;
  const url = objectUrl(storage, path);
  const manifest = parseManifest(parseJson(await from.verified(url, digest, "default"), path));
  if (manifest.release !== current.release) {
    throw new ReleaseError({ code: "wrongRelease", file: path, release: manifest.release });
  }
  // Everything under models/<release>/ is immutable, so the browser's cache may answer.
  return fetchFiles(
    from,
    manifest,
    (file) => objectUrl(storage, `models/${manifest.release}/${file}`),
    "default",
  );
}

/**
 * The bundled release, every byte of it verified.
 *
 * @param folder - Its URL, with a slash at its end.
 * @param json - Its parsed manifest.json.
 * @throws ReleaseError
 */
export async function fetchBundled(from: Source, folder: string, json: unknown): Promise<FetchedRelease> {
  const manifest = parseManifest(json);
  // The page has preloaded them. After the next deployment of the site the same names hold other bytes: what the
  // browser kept is not what the manifest promises then, and is fetched again.
  return fetchFiles(from, manifest, (file) => folder + file, "default");
}

const objectUrl = (storage: string, path: string) => `${storage}/${encodeURIComponent(path)}?alt=media`;

async function fetchFiles(
  from: Source,
  manifest: Manifest,
  url: (file: string) => string,
  cache: RequestCache,
): Promise<FetchedRelease> {
  const report = manifest.files.find(({ path }) => path === REPORT);
  const wanted = manifest.files.filter((file) => file !== report);
  const total = wanted.reduce((sum, { bytes }) => sum + bytes, 0);
  const received = wanted.map(() => 0);
  let called = -Infinity;
  const entries = wanted.map(async (file, i) => {
    const content = await from.verified(url(file.path), file, cache, (bytes) => {
      received[i] = bytes;
      const sum = received.reduce((sum, bytes) => sum + bytes);
      // Each call draws the page again, which costs a slow phone time just when it has none.
      if (sum < total && performance.now() - called < PROGRESS_INTERVAL) return;
      called = performance.now();
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
