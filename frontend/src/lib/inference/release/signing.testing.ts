/** Signs pointers as `ml/release/pointer.py` does. */

import type { PublicKey } from "./signature";

export interface SigningKey {
  readonly publicKey: PublicKey;
  readonly privateKey: CryptoKey;
}

export interface PointerContent {
  readonly release: string;
  readonly manifest: { readonly path: string; readonly bytes: number; readonly sha256: string };
}

const toBase64 = (bytes: ArrayBuffer) => Buffer.from(bytes).toString("base64");

export async function makeSigningKey(): Promise<SigningKey> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const { publicKey, privateKey } = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  return { publicKey: toBase64(await crypto.subtle.exportKey("spki", publicKey)), privateKey };
}

/** A signed `models/current.json`. */
export async function signPointer(
  { release, manifest }: PointerContent,
  key: SigningKey,
  version: number,
  expires?: string,
): Promise<string> {
  const content = { schema: 2, release, manifest, version, signed_at: "2026-11-28T09:00:00Z", expires };
  const text = new TextEncoder().encode(sortedJson(content));
  const algorithm = { name: "ECDSA", hash: "SHA-256" };
  const value = toBase64(await crypto.subtle.sign(algorithm, key.privateKey, text));
  return JSON.stringify({ ...content, signature: { key: "0".repeat(16), value } });
}

function sortedJson(value: object): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === "object" && item !== null
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
