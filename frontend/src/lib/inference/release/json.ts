/** Parsing of JSON documents, and the schemas that the documents of a release share. */

import * as v from "valibot";
import { ReleaseError } from "../errors";

/** The schema version that this page supports. */
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

/**
 * @param file - The file's name, for the error.
 * @throws ReleaseError if `content` is not JSON in UTF-8.
 */
export function parseJson(content: ArrayBuffer, file: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content));
  } catch {
    throw new ReleaseError({ code: "notJson", file });
  }
}

/**
 * Validate a document.
 *
 * @param json - A parsed JSON file.
 * @param file - Its name, for the error.
 * @throws ReleaseError if the document does not match the schema or has a newer schema version. It names the first invalid
 *   value.
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
  const path = v.getDotPath(issue);
  throw new ReleaseError({
    code: "invalid",
    where: path === null ? file : `${file} ${path}`,
    expected: issue.expected ?? issue.message,
  });
}
