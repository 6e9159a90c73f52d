/** Parsing of JSON documents, and the schemas that the documents of a release share. */

import * as v from "valibot";
import { ReleaseError } from "../errors";

/** The schema version that this page supports. */
const SCHEMA = 1;

/** Size limit in bytes of a document whose size is not known in advance. */
export const MAX_BYTES = 2 ** 20;

/** Largest number of nested arrays and objects. */
const MAX_DEPTH = 32;

export const schemaVersion = v.literal(SCHEMA);
export const finite = v.pipe(v.number(), v.finite());
/** An integer that is a double's exact value, and whose neighbours are, too. */
export const integer = v.pipe(v.number(), v.safeInteger());
export const count = v.pipe(integer, v.minValue(0));
export const positiveCount = v.pipe(integer, v.minValue(1));
/** A number from 0 to 1. */
export const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
/** The divisor of the logits. Outside of this range, probabilities overflow or are all equal. */
export const temperature = v.pipe(v.number(), v.minValue(0.01), v.maxValue(100));
/** Data type of the stored weights. */
export const weightDtype = v.picklist(["float32", "float16", "uint16", "uint8"]);

/**
 * Parse JSON as `parse_json` in ml/documents.py does.
 *
 * Both accept RFC 8259 in UTF-8 without a byte order mark, at most `limit` bytes and 32 levels of nesting. Numbers are
 * doubles and finite. Strings contain no lone surrogates, and keys are not names of properties that every JavaScript object
 * has. Of several members with one key, the last counts.
 *
 * @param file - The file's name, for the error.
 * @param limit - Largest number of bytes.
 * @throws ReleaseError if `content` is not such a JSON text.
 */
export function parseJson(content: ArrayBuffer, file: string, limit = MAX_BYTES): unknown {
  if (content.byteLength > limit) throw new ReleaseError({ code: "tooLarge", file, limit });
  try {
    // `ignoreBOM` keeps the mark, which is not JSON.
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
    checkDepth(text);
    const json: unknown = JSON.parse(text);
    checkValue(json);
    return json;
  } catch {
    throw new ReleaseError({ code: "notJson", file });
  }
}

/** Check the text instead of the value, because JSON.parse drops values whose key is repeated. @throws RangeError */
function checkDepth(text: string): void {
  let depth = 0;
  // Without the last `?`, a string that does not end would be searched again from each of its quotation marks.
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\[^][^"\\]*)*"?|[[\]{}]/g)) {
    if (token === "[" || token === "{") depth++;
    if (token === "]" || token === "}") depth--;
    if (depth > MAX_DEPTH) throw new RangeError("too deep");
  }
}

/** @throws RangeError if a value has no equivalent in Python. */
function checkValue(value: unknown): void {
  if (typeof value === "string") checkText(value);
  if (value === Infinity || value === -Infinity) throw new RangeError("not finite");
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    value.forEach(checkValue);
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    checkText(key);
    // Valibot skips such keys, or finds them in objects that do not have them.
    if (key in Object.prototype || key === "prototype") throw new RangeError(key);
    checkValue(item);
  }
}

function checkText(text: string): void {
  if (/\p{Surrogate}/u.test(text)) throw new RangeError("a lone surrogate");
}

/**
 * Validate a document.
 *
 * @param json - A parsed JSON file.
 * @param file - Its name, for the error.
 * @param newest - The newest schema version that `schema` supports.
 * @throws ReleaseError if the document does not match the schema or has a newer schema version. It names the first invalid
 *   value.
 */
export function parseDocument<S extends v.GenericSchema>(
  schema: S,
  json: unknown,
  file: string,
  newest = SCHEMA,
): v.InferOutput<S> {
  const version = typeof json === "object" && json !== null && "schema" in json ? json.schema : undefined;
  if (typeof version === "number" && version > newest) {
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
