/** Reads the site's configuration, the pointer and the files of a release from a source. */

import * as v from "valibot";
import { ReleaseError } from "../errors";
import { parseDocument, parseJson } from "./json";
import { type Manifest, parseManifest, REPORT } from "./manifest";
import { parsePointer, type Pointer } from "./pointer";
import { releaseId } from "./releaseId";
import type { Source } from "./source";
import type { Release } from "./types";
import { sha256 } from "./verify";

/** Milliseconds between two calls of `onProgress`. */
const PROGRESS_INTERVAL = 100;

/** Schema of the site's configuration: Storage's base URL. */
const config = v.object({ storage: v.nullable(v.string()) });

export interface FetchedRelease extends Release {
  /** SHA-256 of the manifest's bytes. */
  readonly manifestHash: string;
  /** Read and verify the release's report from a source; null if it has none. */
  readonly readReport: ((from: Source) => Promise<ArrayBuffer>) | null;
}

/** Storage's base URL in the site's configuration; null if the site has no Storage. @throws ReleaseError */
export async function readStorageUrl(from: Source, configUrl: string): Promise<string | null> {
  return parseDocument(config, await from.json(configUrl), "config.json").storage;
}

/** Storage's pointer to the current release. @throws ReleaseError */
export async function readPointer(from: Source, storage: string): Promise<Pointer> {
  return parsePointer(await from.json(pointerUrl(storage)));
}

export const pointerUrl = (storage: string) => objectUrl(storage, "models/current.json");

/** Download and verify the release that a pointer names. @throws ReleaseError */
export async function fetchCurrent(
  from: Source,
  storage: string,
  { release, manifest: { path, ...digest } }: Pointer,
): Promise<FetchedRelease> {
  const content = await from.verified(objectUrl(storage, path), digest, "default");
  const manifest = await readManifest(content, path);
  if (manifest.release !== release) {
    throw new ReleaseError({ code: "wrongRelease", file: path, release: manifest.release });
  }
  // Files in models/<release>/ never change, so cached responses are valid.
  const url = (file: string) => objectUrl(storage, `models/${release}/${file}`);
  return { ...(await fetchFiles(from, manifest, url, "default")), manifestHash: digest.sha256 };
}

/**
 * Download and verify the bundled release.
 *
 * @param folder - Its URL, with a trailing slash.
 * @param content - The bytes of its manifest.
 * @throws ReleaseError
 */
export async function fetchBundled(
  from: Source,
  folder: string,
  content: ArrayBuffer,
): Promise<FetchedRelease> {
  const manifest = await readManifest(content, "manifest.json");
  // Use the files that the page preloads. A later deployment replaces them under the same names; then cached responses fail
  // verification and are downloaded again.
  const files = await fetchFiles(from, manifest, (file) => folder + file, "default");
  return { ...files, manifestHash: await sha256(content) };
}

/** Parse a manifest, and verify that its id is that of its content. @throws ReleaseError */
async function readManifest(content: ArrayBuffer, file: string): Promise<Manifest> {
  const manifest = parseManifest(parseJson(content, file));
  const expected = await releaseId(content);
  if (manifest.release !== expected) {
    throw new ReleaseError({ code: "wrongId", file, release: manifest.release, expected });
  }
  return manifest;
}

const objectUrl = (storage: string, path: string) => `${storage}/${encodeURIComponent(path)}?alt=media`;

async function fetchFiles(
  from: Source,
  manifest: Manifest,
  url: (file: string) => string,
  cache: RequestCache,
): Promise<Omit<FetchedRelease, "manifestHash">> {
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
