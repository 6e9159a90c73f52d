/** Schema of `models/current.json`, the pointer to the current release, which `ml/release/pointer.py` defines. */

import * as v from "valibot";
import { parseDocument, schemaVersion } from "./json";
import { fileBytes, releaseId, sha256 } from "./manifest";

const pointer = v.pipe(
  v.object({
    schema: schemaVersion,
    release: releaseId,
    /** The manifest's path in Storage is `models/<release>/manifest.json`. */
    manifest: v.object({ path: v.string(), bytes: fileBytes, sha256 }),
  }),
  v.forward(
    v.check(
      ({ release, manifest }) => manifest.path === `models/${release}/manifest.json`,
      "models/<release>/manifest.json",
    ),
    ["manifest", "path"],
  ),
  v.transform(({ release, manifest }) => ({ release, manifest })),
);

export type Pointer = v.InferOutput<typeof pointer>;

/**
 * @param json - A parsed `current.json`.
 * @throws ReleaseError if it does not match the schema or has a newer schema version.
 */
export function parsePointer(json: unknown): Pointer {
  return parseDocument(pointer, json, "current.json");
}
