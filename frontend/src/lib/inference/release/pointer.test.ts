import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ReleaseError } from "../errors";
import { type Json, readCases, readDocument } from "./documents.testing";
import { parsePointer } from "./pointer";
import { keyId, signerOf } from "./signature";

/** Pointers that Python signed; `tests/golden/make_pointer.py` writes them. */
const golden = JSON.parse(
  readFileSync(new URL("../../../../../tests/golden/pointer.json", import.meta.url), "utf8"),
) as {
  keys: Record<string, string>;
  key_ids: Record<string, string>;
  pinned: string[];
  signed_text: string;
  cases: { name: string; pointer: Json; signer: string | null }[];
};

it("parses an unsigned pointer", () => {
  const release = "ad4b892bc7d24a29";
  const manifest = { path: `models/${release}/manifest.json`, bytes: 2345, sha256: "a".repeat(64) };
  expect(parsePointer(readDocument("pointer"))).toEqual({ release, manifest, signed: null });
});

it("parses a signed pointer", () => {
  expect(parsePointer(golden.cases[0]!.pointer).signed).toMatchObject({
    version: 1795856400,
    signedAt: "2026-11-28T09:00:00Z",
    expires: "2027-02-26T09:00:00Z",
    text: golden.signed_text,
  });
});

describe.each(["pointer", "signed_pointer"] as const)("accepts what Python accepts: %s", (kind) => {
  it.each(readCases(kind))("%s", (_, json, valid) => {
    const parse = () => parsePointer(json);
    if (valid) expect(parse).not.toThrow();
    else expect(parse).toThrow(ReleaseError);
  });
});

describe("a signature", () => {
  const keyNames = new Map(Object.entries(golden.keys).map(([name, key]) => [key, name]));
  const pinned = golden.pinned.map((name) => golden.keys[name]!);

  it.each(golden.cases)("verifies as in Python: $name", async ({ pointer, signer }) => {
    const key = await signerOf(parsePointer(pointer), pinned);
    expect(key && keyNames.get(key)).toBe(signer);
  });

  it("is verified if another key is not on the curve", async () => {
    const key = golden.keys.first!;
    const invalid = `${key.slice(0, 36)}${"A".repeat(86)}==`;
    expect(await signerOf(parsePointer(golden.cases[0]!.pointer), [invalid, key])).toBe(key);
  });

  it("has the id of its key that Python prints", async () => {
    for (const [name, key] of Object.entries(golden.keys))
      expect(await keyId(key)).toBe(golden.key_ids[name]);
  });
});
