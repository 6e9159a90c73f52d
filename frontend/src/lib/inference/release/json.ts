/** From bytes to JSON, and from JSON to values of a known type. */

import { ReleaseError } from "../errors";

/** @throws ReleaseError when the bytes are not JSON in UTF-8; it names the `file`. */
export function parseJson(content: ArrayBuffer, file: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content));
  } catch {
    throw new ReleaseError({ code: "notJson", file });
  }
}

/** @throws ReleaseError when `value` is not a JSON object. */
export function asRecord(value: unknown, where: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new ReleaseError({ code: "invalid", where, expected: "object" });
}

/** @throws ReleaseError when `value` is not a JSON list. */
export function asList(value: unknown, where: string): readonly unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  throw new ReleaseError({ code: "invalid", where, expected: "list" });
}

/** @throws ReleaseError when `value` is not a string. */
export function asString(value: unknown, where: string): string {
  if (typeof value === "string") return value;
  throw new ReleaseError({ code: "invalid", where, expected: "text" });
}

/** @throws ReleaseError when `value` is not a number of `low`…`high`, both included. */
export function asNumber(value: unknown, where: string, low: number, high = Infinity): number {
  if (typeof value === "number" && value >= low && value <= high) return value;
  throw new ReleaseError({ code: "invalid", where, expected: { range: [low, high] } });
}
