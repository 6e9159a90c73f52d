/** Number formatting. */

import type { Sign } from "@/lib/ink/segment";
import type { Glyph } from "@/lib/inference/types";

const DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"] as const;

/** 8 → `eight`. */
export function digitWord(digit: number): string {
  return DIGITS[digit] ?? String(digit);
}

/** 8 → `an 8`, 7 → `a 7`. */
export function an(digit: number): string {
  return digit === 8 ? "an 8" : `a ${digit}`;
}

const ORDINALS = "first second third fourth fifth sixth seventh eighth ninth".split(" ");

/** 0 → `first`. Beyond the ninth: `10th`, `21st`. */
export function ordinal(index: number): string {
  const n = index + 1;
  const teens = Math.floor(n / 10) % 10 === 1;
  return ORDINALS[index] ?? `${n}${(teens ? null : ["st", "nd", "rd"][(n % 10) - 1]) ?? "th"}`;
}

/** 0.4267 → `42.7%`. Only exact values are shown as 0% or 100%. */
export function percent(share: number): string {
  if (share > 0.999 && share < 1) return ">99.9%";
  if (share > 0 && share < 0.001) return "<0.1%";
  return `${(share * 100).toFixed(share === 0 || share === 1 ? 0 : 1)}%`;
}

/** 0.99564 → `99.56%`. */
export function exactPercent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}

/** 0.93 → `at least 93.0%`. */
export function atLeast(share: number): string {
  const least = percent(share);
  return least.startsWith(">") ? `more than ${least.slice(1)}` : `at least ${least}`;
}

/** 0.9999 → `over 99.9%`. */
export function inSentence(share: number): string {
  return percent(share).replace(">", "over ").replace("<", "under ");
}

/** 508008 → `508`. */
export function kilobytes(bytes: number): string {
  return count(Math.round(bytes / 1000));
}

/** 10000 → `10,000`. Not with `Intl`, whose first use takes 0.1 seconds on a phone. */
export function count(integer: number): string {
  return String(integer).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** The digit, or `?` if it is rejected. */
export function symbolOf({ digit, rejected }: Pick<Glyph, "digit" | "rejected">): string {
  return rejected ? "?" : String(digit);
}

/** The number of a line: `−12.4`, or `−12.?` if a glyph is rejected. */
export function numberOf(line: readonly (Pick<Glyph, "digit" | "rejected"> | Sign)[]): string {
  return line.map((symbol) => (typeof symbol === "string" ? symbol : symbolOf(symbol))).join("");
}

/** `a`, `a and b`, or `a, b and c`. */
export function enumerate(items: readonly string[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}
