import { describe, expect, it } from "vitest";
import { parseJson } from "./json";

const parse = (text: string) => parseJson(new TextEncoder().encode(text).buffer, "file.json");

/** Texts of 128 KiB that are not JSON. A parser of quadratic time exceeds the limit of a test. */
it.each([
  ["escaped quotation marks", '\\"'],
  ["quotation marks after escaped backslashes", '\\\\ "'],
  ["an unfinished escape", '"\\'],
  ["a string that does not end", "a"],
])("refuses %s in linear time", (_, unit) => {
  for (const start of ["", '"']) {
    expect(() => parse(start + unit.repeat(2 ** 17 / unit.length))).toThrow("notJson");
  }
});

describe("nesting", () => {
  const nested = (depth: number, value: string) => "[".repeat(depth) + value + "]".repeat(depth);

  it("is limited to 32 levels", () => {
    expect(() => parse(nested(32, "1"))).not.toThrow();
    expect(() => parse(nested(33, "1"))).toThrow("notJson");
  });

  it("does not count brackets in strings", () => {
    expect(() => parse(nested(32, String.raw`"[{\"[\\"`))).not.toThrow();
    expect(() => parse(nested(32, String.raw`"\\",[]`))).toThrow("notJson");
  });
});
