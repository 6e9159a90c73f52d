// Give each exported page a policy that allows its own inline scripts, by hash, and no others.
// It can only be known after the build; the rest of the policy is a header, in firebase.json.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const out = new URL("../out/", import.meta.url);

const INLINE_SCRIPT = /<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g;

for (const name of readdirSync(out, { recursive: true }).filter((file) => file.endsWith(".html"))) {
  const page = new URL(name, out);
  const html = readFileSync(page, "utf8");
  const hashes = [...html.matchAll(INLINE_SCRIPT)].map(
    ([, script]) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`,
  );
  const sources = ["'self'", "'wasm-unsafe-eval'", ...new Set(hashes)].join(" ");
  const policy = `<meta http-equiv="Content-Security-Policy" content="script-src ${sources}; style-src 'self'">`;
  const guarded = html.replace(/<head[^>]*>/, (head) => head + policy);
  if (guarded === html) throw new Error(`${name} has no <head> to put its Content-Security-Policy in.`);
  writeFileSync(page, guarded);
}
