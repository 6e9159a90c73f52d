/** Reads the site's configuration, the pointer and the files of a release from a source. */

import * as v from "valibot";
import { ReleaseError } from "../errors";
import { parseDocument, parseJson } from "./json";
import { type CurrentRelease, type Manifest, parseCurrentRelease, parseManifest, REPORT } from "./manifest";
import type { Source } from "./source";
import type { Release } from "./types";

/** Milliseconds between two calls of `onProgress`. */
const PROGRESS_INTERVAL = 100;

/** Schema of the site's configuration: Storage's base URL. */
const config = v.object({ storage: v.nullable(v.string()) });

export interface FetchedRelease extends Release {
  /** Read and verify the release's report from a source; null if it has none. */
  readonly readReport: ((from: Source) => Promise<ArrayBuffer>) | null;
}

/** Storage's base URL in the site's configuration; null if the site has no Storage. @throws ReleaseError */
export async function readStorageUrl(from: Source, configUrl: string): Promise<string | null> {
  return parseDocument(config, await from.json(configUrl), "config.json").storage;
}

/** Storage's pointer to the current release. @throws ReleaseError */
export async function readCurrent(from: Source, storage: string): Promise<CurrentRelease> {
  return parseCurrentRelease(await from.json(objectUrl(storage, "models/current.json")));
}

/** Download and verify the release that `current` points at. @throws ReleaseError */
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
  // Files in models/<release>/ never change, so cached responses are valid.
  return fetchFiles(
    from,
    manifest,
    (file) => objectUrl(storage, `models/${manifest.release}/${file}`),
    "default",
  );
}

/**
 * Download and verify the bundled release.
 *
 * @param folder - Its URL, with a trailing slash.
 * @param json - Its parsed manifest.json.
 * @throws ReleaseError
 */
export async function fetchBundled(from: Source, folder: string, json: unknown): Promise<FetchedRelease> {
  const manifest = parseManifest(json);
  // Use the files that the page preloads. A later deployment replaces them under the same names; then cached responses fail
  // verification and are downloaded again.
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
  const runtimeFiles = manifest.files.filter((file) => file !== report);
  const total = runtimeFiles.reduce((sum, { bytes }) => sum + bytes, 0);
  const received = runtimeFiles.map(() => 0);
  let lastCall = -Infinity;
  const entries = runtimeFiles.map(async (file, i) => {
    const content = await from.verified(url(file.path), file, cache, (bytes) => {
      received[i] = bytes;
      const sum = received.reduce((sum, bytes) => sum + bytes);
      // Each call rerenders the page, which is slow on a phone while the model starts.
      if (sum < total && performance.now() - lastCall < PROGRESS_INTERVAL) return;
      lastCall = performance.now();
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
