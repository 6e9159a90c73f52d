/** From bytes to JSON, from JSON to values of a known type, and the types that the documents of a release share. */

import * as v from "valibot";
import { ReleaseError } from "../errors";

/** The schema version that this page reads. */
const SCHEMA = 1;

export const schemaVersion = v.literal(SCHEMA);
export const finite = v.pipe(v.number(), v.finite());
export const integer = v.pipe(v.number(), v.integer());
export const count = v.pipe(integer, v.minValue(0));
export const positiveCount = v.pipe(integer, v.minValue(1));
/** A number from 0 to 1. */
export const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
/** The divisor of the logits. */
export const temperature = v.pipe(finite, v.gtValue(0));
/** Data type of the stored weights. */
export const weightDtype = v.picklist(["float32", "float16", "uint16", "uint8"]);

/** @throws ReleaseError when the bytes are not JSON in UTF-8; it names the `file`. */
export function parseJson(content: ArrayBuffer, file: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content));
  } catch {
    throw new ReleaseError({ code: "notJson", file });
  }
}

/**
 * @param json - A parsed JSON file.
 * @param file - Its name, for the error.
 * @throws ReleaseError when it does not match the schema, or is of a newer version of it; it names the first place.
 */
export function parseDocument<S extends v.GenericSchema>(
  schema: S,
  json: unknown,
  file: string,
): v.InferOutput<S> {
  const version = typeof json === "object" && json !== null && "schema" in json ? json.schema : undefined;
  if (typeof version === "number" && version > SCHEMA) {
    throw new ReleaseError({ code: "newerSchema", where: file, schema: version });
  }
  const result = v.safeParse(schema, json, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const place = v.getDotPath(issue);
  throw new ReleaseError({
    code: "invalid",
    where: place === null ? file : `${file} ${place}`,
    expected: issue.expected ?? issue.message,
  });
}
