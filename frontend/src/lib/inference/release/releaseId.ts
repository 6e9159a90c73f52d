import { sha256 } from "./verify";

/** A string or a number of a JSON text. */
const TOKEN = /"(?:[^"\\]+|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** JSON in which a string `x` is `"sx"` and a number `1.0` is `"n1.0"`. */
type Marked = null | boolean | string | Marked[] | { [key: string]: Marked };

/**
 * The id of a manifest's content: the first 16 hex digits of the SHA-256 of its canonical JSON without `release`, as
 * `release_id` in `ml/release/manifest.py` computes it.
 *
 * @param manifest - The bytes of a valid `manifest.json`.
 */
export async function releaseId(manifest: ArrayBuffer): Promise<string> {
  const text = new TextDecoder().decode(manifest);
  // JavaScript's numbers do not distinguish 1.0 from 1, so keep their text.
  const marked = text.replace(TOKEN, (token) =>
    token.startsWith('"') ? `"s${token.slice(1)}` : `"n${token}"`,
  );
  const content = JSON.parse(marked) as Record<string, Marked>;
  delete content.srelease;
  return (await sha256(new TextEncoder().encode(canonicalJson(content)).buffer)).slice(0, 16);
}

/** What Python's `json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)` returns. */
function canonicalJson(value: Marked): string {
  if (typeof value === "string") {
    return value.startsWith("s") ? JSON.stringify(value.slice(1)) : pythonNumber(value.slice(1));
  }
  if (value === null || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const members = Object.entries(value)
    .sort(([a], [b]) => byCodePoints(a, b))
    .map(([key, member]) => `${canonicalJson(key)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}

/** How Python writes a number that `parse_json` read from `literal`: as an integer if it is one and safe, or else as a float. */
function pythonNumber(literal: string): string {
  const number = Number(literal);
  if (/^-?\d+$/.test(literal) && Number.isSafeInteger(number)) return String(number);
  const size = Math.abs(number);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    // The exponent has at least two digits.
    return number.toExponential().replace(/([+-])(\d)$/, (_, sign, digit) => `${sign}0${digit}`);
  }
  const digits = Object.is(number, -0) ? "-0" : String(number);
  return Number.isInteger(number) ? `${digits}.0` : digits;
}

/** The order of Python's strings. JavaScript compares UTF-16 code units. */
function byCodePoints(a: string, b: string): number {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  return (a.codePointAt(i) ?? -1) - (b.codePointAt(i) ?? -1);
}
