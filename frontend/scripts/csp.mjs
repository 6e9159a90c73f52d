// Add integrity to the scripts and styles of each exported page, and a Content-Security-Policy that allows its inline scripts
// by hash. The hashes are known only after the build. The rest of the policy is an HTTP header in firebase.json.
//
// Integrity protects against files that were changed in a cache or on the way to a browser without a service worker. It has
// limits: a changed page can load anything, and browsers offer no integrity for the scripts of a worker. The service worker
// verifies these too before it caches them.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const out = new URL("../out/", import.meta.url);

const INLINE_SCRIPT = /<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g;
const LOADING_TAG = /<(?:script|link)(?=[^>]*\s(?:src|href)="(\/_next\/static\/[^"]+\.(?:js|css))")/g;

const sha256 = (content) => `sha256-${createHash("sha256").update(content).digest("base64")}`;

const integrityOf = (url) => sha256(readFileSync(new URL(url.slice(1), out)));

// Next.js adds the scripts of panels and other pages to the head, but not the entries of pages and workers.
const added = readdirSync(new URL("_next/static/chunks/", out)).filter((name) =>
  /^(?!turbopack-).*\.js$/.test(name),
);
const integrity = Object.fromEntries(
  added.map((name) => `/_next/static/chunks/${name}`).map((url) => [url, integrityOf(url)]),
);
const script = `{const integrity=${JSON.stringify(integrity)};for(const name of["appendChild","insertBefore"])document.head[name]=function(node,...others){const hash=integrity[node.getAttribute?.("src")];if(hash)node.integrity=hash;return Node.prototype[name].call(this,node,...others)}}`;

for (const name of readdirSync(out, { recursive: true }).filter((file) => file.endsWith(".html"))) {
  const page = new URL(name, out);
  const html = readFileSync(page, "utf8")
    .replace(LOADING_TAG, (tag, url) => `${tag} integrity="${integrityOf(url)}"`)
    .replace(/<head[^>]*>/, (head) => `${head}<script>${script}</script>`);
  const hashes = [...html.matchAll(INLINE_SCRIPT)].map(([, content]) => `'${sha256(content)}'`);
  const sources = ["'self'", "'wasm-unsafe-eval'", ...new Set(hashes)].join(" ");
  const policy = `<meta http-equiv="Content-Security-Policy" content="script-src ${sources}; style-src 'self'">`;
  const htmlWithPolicy = html.replace(/<head[^>]*>/, (head) => head + policy);
  if (htmlWithPolicy === html)
    throw new Error(`${name} has no <head> element for its Content-Security-Policy.`);
  writeFileSync(page, htmlWithPolicy);
}
