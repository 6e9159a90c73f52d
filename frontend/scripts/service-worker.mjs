// src/service-worker/ → out/sw.js, with the list of what the site is made of: each file with its hash, so that what is
// installed together belongs together. Runs last: it has to see the files as they are served.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const out = new URL("../out/", import.meta.url);
// config.json and sw.js are never kept; source maps and what only browsers without modules load are never used.
const LEFT_OUT = /(^|\/)(config\.json|sw\.js|robots\.txt|sitemap\.xml|404\.html|_not-found.*|\..*)$|\.map$/;

const legacy = readFileSync(new URL("index.html", out), "utf8").match(/src="\/([^"]+)"[^>]*\snomodule/i)?.[1];
const entries = readdirSync(out, { recursive: true, withFileTypes: true })
  .filter((file) => file.isFile())
  .map((file) => `${file.parentPath}/${file.name}`.slice(fileURLToPath(out).length).replace(/^\//, ""))
  .filter((path) => path !== legacy && !LEFT_OUT.test(path) && !path.startsWith("_not-found/"))
  .toSorted()
  .map((path) => {
    const sha256 = createHash("sha256").update(readFileSync(new URL(path, out)));
    const hash = sha256.digest("base64");
    // As firebase.json has it: pages have no ending.
    const url = `/${path.replace(/(^|\/)index\.html$/, "$1").replace(/\.html$/, "")}`;
    // Names in _next/static change with the contents.
    return { url, revision: path.startsWith("_next/static/") ? null : hash, integrity: `sha256-${hash}` };
  });

await build({
  entryPoints: [fileURLToPath(new URL("../src/service-worker/sw.ts", import.meta.url))],
  outfile: fileURLToPath(new URL("sw.js", out)),
  bundle: true,
  minify: true,
  target: "es2022",
  define: {
    FILES: JSON.stringify(entries),
    "process.env.NODE_ENV": JSON.stringify("production"),
  },
});
console.log(`The service worker keeps ${entries.length} files for offline use.`);
