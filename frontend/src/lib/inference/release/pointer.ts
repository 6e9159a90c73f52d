/** Schemas of `models/current.json`, the pointer to the current release, which `ml/release/pointer.py` defines. */

import * as v from "valibot";
import { integer, parseDocument } from "./json";
import { fileBytes, releaseId, sha256, utcTime } from "./manifest";

export const pointerVersion = v.pipe(integer, v.minValue(1));

const reference = { path: v.string(), bytes: fileBytes, sha256 };

/** Schema 1 is not signed. Unknown keys are ignored. */
const unsigned = v.object({ schema: v.literal(1), release: releaseId, manifest: v.object(reference) });

/** Schema 2 is signed. Unknown keys are errors, because the signature does not cover them. */
const signed = v.strictObject({
  schema: v.literal(2),
  release: releaseId,
  manifest: v.strictObject(reference),
  version: pointerVersion,
  signed_at: utcTime,
  expires: v.exactOptional(utcTime),
  signature: v.strictObject({
    /** Names the signer in messages and proves nothing. */
    key: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)),
    value: v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/]{85}[AQgw]==$/)),
  }),
});

const pointer = v.pipe(
  v.variant("schema", [unsigned, signed]),
  v.forward(
    v.check(
      ({ release, manifest }) => manifest.path === `models/${release}/manifest.json`,
      "models/<release>/manifest.json",
    ),
    ["manifest", "path"],
  ),
  v.transform((json) => ({
    release: json.release,
    /** The manifest's path in Storage, size and SHA-256. */
    manifest: json.manifest,
    /** Null if the pointer is not signed. The signature is not verified. */
    signed: json.schema === 1 ? null : signedContent(json),
  })),
);

function signedContent({ signature, ...json }: v.InferOutput<typeof signed>) {
  const { release, manifest, schema, version, signed_at, expires } = json;
  const { path, bytes, sha256 } = manifest;
  return {
    /** Grows with each signature. */
    version,
    /** UTC, as `YYYY-MM-DDTHH:MM:SSZ`. */
    signedAt: signed_at,
    /** After this time, the release may be out of date. Null: never. */
    expires: expires ?? null,
    /** Base64 of r and s, 32 bytes each. */
    signature: signature.value,
    /** What the signature covers: the canonical JSON, with sorted keys, of the pointer without `signature`. */
    text: JSON.stringify({ expires, manifest: { bytes, path, sha256 }, release, schema, signed_at, version }),
  };
}

export type Pointer = v.InferOutput<typeof pointer>;

/**
 * @param json - A parsed `current.json`.
 * @throws ReleaseError if it does not match the schema or has a newer schema version.
 */
export function parsePointer(json: unknown): Pointer {
  return parseDocument(pointer, json, "current.json", 2);
}
