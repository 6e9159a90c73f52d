import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { beforeAll, expect, it, vi } from "vitest";
import type { ReleaseInfo } from "@/lib/inference/types";
import { Provenance } from "./Provenance";

const storage = (bucket: string) => `https://firebasestorage.googleapis.com/v0/b/${bucket}/o`;
const signature = {
  key: "",
  keyId: "00112233aabbccdd",
  version: 42,
  signedAt: "2026-11-28T09:00:00Z",
  expires: null,
};

/** The text of the page for this release. */
function render(release: Partial<ReleaseInfo>): string {
  const info = { id: "0123456789abcdef", origin: "storage", signature: null, ...release } as ReleaseInfo;
  const html = renderToStaticMarkup(createElement(Provenance, { release: info }));
  return html.replaceAll(/<[^>]+>/g, "").trim();
}

beforeAll(() => vi.stubGlobal("location", { origin: "https://site.example" }));

it("names the signer, and the command that verifies the release", () => {
  expect(render({ storage: storage("digits.firebasestorage.app"), signature })).toBe(
    "Release 0123456789abcdef, downloaded from Storage, signed with key 00112233aabbccdd on 2026-11-28 as version 42. " +
      "Verify it from a checkout of the project, with the Firebase project of this site as PROJECT: " +
      "python -m ml release verify 0123456789abcdef --project PROJECT --bucket digits.firebasestorage.app " +
      "--site-config https://site.example/config.json",
  );
});

it("says that a release of Storage is not signed, and derives no project from a bucket's name", () => {
  const text = render({ origin: "cache", storage: storage("models.example.org") });
  expect(text).toContain("cached from an earlier visit. This site pins no key, so no signature was checked.");
  expect(text).toContain("--project PROJECT --bucket models.example.org ");
});

it("shows no command for the bundled release and for another kind of Storage", () => {
  expect(render({ origin: "bundled", storage: null })).toBe(
    "Release 0123456789abcdef, bundled with this page.",
  );
  expect(render({ storage: "https://storage.example/models", signature })).not.toContain("ml release verify");
  expect(render({ storage: storage("a b;rm"), signature })).not.toContain("ml release verify");
});
