/** Signatures of pointers: ECDSA on P-256 with SHA-256, as `ml/release/signing.py` makes them. */

import * as v from "valibot";
import type { Pointer } from "./pointer";
import { sha256 } from "./verify";

/** A public key: base64 of its SPKI DER, as in `/config.json`. */
export const publicKey = v.pipe(
  v.string(),
  v.regex(/^MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE[A-Za-z0-9+/]{85}[AQgw]==$/),
);

export type PublicKey = v.InferOutput<typeof publicKey>;

/** The verified signature of the pointer to a release. */
export interface ReleaseSignature {
  /** The key that signed it, and its id. */
  readonly key: PublicKey;
  readonly keyId: string;
  readonly version: number;
  /** UTC, as `YYYY-MM-DDTHH:MM:SSZ`. */
  readonly signedAt: string;
  /** After this time, the release may be out of date. Null: never. */
  readonly expires: string | null;
}

/** The key of `keys` that signed a pointer; null if it is not signed by any of them. */
export async function signerOf({ signed }: Pointer, keys: readonly PublicKey[]): Promise<PublicKey | null> {
  if (signed === null) return null;
  const content = new TextEncoder().encode(signed.text);
  for (const key of keys) if (await verifies(key, fromBase64(signed.signature), content)) return key;
  return null;
}

/** First 16 hex digits of the SHA-256 of a key. It names the key in messages. */
export async function keyId(key: PublicKey): Promise<string> {
  return (await sha256(fromBase64(key).buffer)).slice(0, 16);
}

async function verifies(key: PublicKey, signature: BufferSource, content: BufferSource): Promise<boolean> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  try {
    const imported = await crypto.subtle.importKey("spki", fromBase64(key), algorithm, false, ["verify"]);
    return await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, imported, signature, content);
  } catch {
    // The key's point is not on the curve.
    return false;
  }
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
