/** Reads the site's configuration, the pointer and the files of a release from a source. */

import * as v from "valibot";
import { ReleaseError } from "../errors";
import { displayName } from "./download";
import { parseDocument, parseJson } from "./json";
import { type Manifest, parseManifest, REPORT } from "./manifest";
import { parsePointer, type Pointer, pointerVersion } from "./pointer";
import { releaseId } from "./releaseId";
import { keyId, type PublicKey, publicKey, type ReleaseSignature, signerOf } from "./signature";
import type { Source } from "./source";
import type { Release } from "./types";
import { sha256 } from "./verify";

/** Milliseconds between two calls of `onProgress`. */
const PROGRESS_INTERVAL = 100;

/** Schema of the site's configuration. */
const config = v.object({
  /** Storage's base URL; null if the site has no Storage. */
  storage: v.nullable(v.string()),
  /** Keys that may sign Storage's pointer. Without keys, no signature is checked. */
  keys: v.exactOptional(v.pipe(v.array(publicKey), v.maxLength(8)), []),
  /** The lowest version of a signed pointer that is accepted. It protects first visitors from older releases. */
  version: v.exactOptional(pointerVersion, 1),
});

export type SiteConfig = v.InferOutput<typeof config>;

/** Storage's pointer, and its verified signature; null if the site pins no key. */
export interface VerifiedPointer extends Pointer {
  readonly signature: ReleaseSignature | null;
}

export interface FetchedRelease extends Release {
  /** SHA-256 of the manifest's bytes. */
  readonly manifestHash: string;
  /** Storage's base URL; null if the release is bundled. */
  readonly storage: string | null;
  readonly signature: ReleaseSignature | null;
  /** Read and verify the release's report from a source; null if it has none. */
  readonly readReport: ((from: Source) => Promise<ArrayBuffer>) | null;
}

/** The site's configuration. @throws ReleaseError */
export async function readConfig(from: Source, configUrl: string): Promise<SiteConfig> {
  return parseDocument(config, await from.json(configUrl), "config.json");
}

/**
 * Storage's pointer to the current release.
 *
 * @param keys - The pinned keys. If there are any, one of them must have signed the pointer.
 * @throws ReleaseError
 */
export async function readPointer(
  from: Source,
  storage: string,
  keys: readonly PublicKey[],
): Promise<VerifiedPointer> {
  return verifyPointer(parsePointer(await from.json(pointerUrl(storage))), storage, keys);
}

/** Verify the signature of Storage's pointer, as `readPointer` does. @throws ReleaseError */
export async function verifyPointer(
  pointer: Pointer,
  storage: string,
  keys: readonly PublicKey[],
): Promise<VerifiedPointer> {
  const url = pointerUrl(storage);
  if (keys.length === 0) return { ...pointer, signature: null };
  const { signed } = pointer;
  if (signed === null) throw new ReleaseError({ code: "unsigned", file: displayName(url) });
  const key = await signerOf(pointer, keys);
  if (key === null) throw new ReleaseError({ code: "wrongSignature", file: displayName(url) });
  const { version, signedAt, expires } = signed;
  return { ...pointer, signature: { key, keyId: await keyId(key), version, signedAt, expires } };
}

export const pointerUrl = (storage: string) => objectUrl(storage, "models/current.json");

/** Download and verify the release that a pointer names. @throws ReleaseError */
export async function fetchCurrent(
  from: Source,
  storage: string,
  { release, manifest: { path, ...digest }, signature }: VerifiedPointer,
): Promise<FetchedRelease> {
  const content = await from.verified(objectUrl(storage, path), digest, "default");
  const manifest = await readManifest(content, path);
  if (manifest.release !== release) {
    throw new ReleaseError({ code: "wrongRelease", file: path, release: manifest.release });
  }
  // Files in models/<release>/ never change, so cached responses are valid.
  const url = (file: string) => objectUrl(storage, `models/${release}/${file}`);
  return {
    ...(await fetchFiles(from, manifest, url, "default")),
    manifestHash: digest.sha256,
    storage,
    signature,
  };
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
  return { ...files, manifestHash: await sha256(content), storage: null, signature: null };
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
): Promise<Omit<FetchedRelease, "manifestHash" | "storage" | "signature">> {
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
