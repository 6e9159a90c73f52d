import { ReleaseError } from "../errors";

/** A file's size in bytes and SHA-256 in lower-case hex, from a manifest or a pointer. */
export interface Digest {
  readonly bytes: number;
  readonly sha256: string;
}

/** A downloaded file has another size or hash than expected. */
export class DamageError extends ReleaseError {}

/**
 * Compare a file's content with its digest.
 *
 * @param file - The file's name, for the error.
 * @throws DamageError if size or hash differ.
 */
export async function verify(content: ArrayBuffer, digest: Digest, file: string): Promise<void> {
  if (content.byteLength !== digest.bytes) {
    throw new DamageError({ code: "wrongSize", file, bytes: content.byteLength, expected: digest.bytes });
  }
  if ((await sha256(content)) !== digest.sha256) throw new DamageError({ code: "wrongHash", file });
}

/** The SHA-256 of `content` in lower-case hex. */
export async function sha256(content: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
