import { ReleaseError } from "../errors";

/** A file's size and SHA-256 (lower-case hex), as a manifest or a pointer states them. */
export interface Digest {
  readonly bytes: number;
  readonly sha256: string;
}

/** The file arrived, and is not the one that was promised. */
export class DamageError extends ReleaseError {}

/** @throws DamageError when `content` is not the file of that digest; it names the `file`. */
export async function verify(content: ArrayBuffer, digest: Digest, file: string): Promise<void> {
  if (content.byteLength !== digest.bytes) {
    throw new DamageError({ code: "wrongSize", file, bytes: content.byteLength, expected: digest.bytes });
  }
  if ((await sha256(content)) !== digest.sha256) throw new DamageError({ code: "wrongHash", file });
}

async function sha256(content: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
