// Add a Content-Security-Policy to each exported page that allows its inline scripts by hash. The hashes are known only after
// the build. The rest of the policy is an HTTP header in firebase.json.
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
  const htmlWithPolicy = html.replace(/<head[^>]*>/, (head) => head + policy);
  if (htmlWithPolicy === html)
    throw new Error(`${name} has no <head> element for its Content-Security-Policy.`);
  writeFileSync(page, htmlWithPolicy);
}
