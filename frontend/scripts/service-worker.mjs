// Bundle src/service-worker/ as out/sw.js with a list of the site's files and their hashes. The hashes ensure that all cached
// files belong to one version. Must run last, when the files have their final content.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const out = new URL("../out/", import.meta.url);
// config.json and sw.js must not be cached. Browsers that can run the site do not use the other files.
const EXCLUDED = /(^|\/)(config\.json|sw\.js|robots\.txt|sitemap\.xml|404\.html|_not-found.*|\..*)$|\.map$/;

const legacy = readFileSync(new URL("index.html", out), "utf8").match(/src="\/([^"]+)"[^>]*\snomodule/i)?.[1];
const entries = readdirSync(out, { recursive: true, withFileTypes: true })
  .filter((file) => file.isFile())
  .map((file) => `${file.parentPath}/${file.name}`.slice(fileURLToPath(out).length).replace(/^\//, ""))
  .filter((path) => path !== legacy && !EXCLUDED.test(path) && !path.startsWith("_not-found/"))
  .toSorted()
  .map((path) => {
    const hash = createHash("sha256")
      .update(readFileSync(new URL(path, out)))
      .digest("base64");
    // The URLs of pages have no extension, as in firebase.json (cleanUrls).
    const url = `/${path.replace(/(^|\/)index\.html$/, "$1").replace(/\.html$/, "")}`;
    // File names in _next/static contain a hash of the content.
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
console.log(`The service worker caches ${entries.length} files for offline use.`);
