// Parses documents with the page's parsers.
//
//   node tests/release/parse_documents.mjs CASES ANSWERS
//
// CASES: for each document, its kind and its size in bytes on one line, then its bytes. ANSWERS: a JSON array with the parsed
// document or with the reason why it is not valid: {"problem": …}.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const frontend = new URL("../../frontend/", import.meta.url);
const { build } = createRequire(new URL("package.json", frontend))("esbuild");
const { outputFiles } = await build({
  stdin: {
    contents: `
      export { ReleaseError } from "./errors";
      export { readConfig } from "./release/fetchRelease";
      export { parseJson } from "./release/json";
      export { parseManifest } from "./release/manifest";
      export { parsePointer } from "./release/pointer";
      export { releaseId } from "./release/releaseId";
      export { readReport } from "./release/report";
    `,
    resolveDir: fileURLToPath(new URL("src/lib/inference", frontend)),
    loader: "ts",
  },
  bundle: true,
  format: "esm",
  platform: "node",
  write: false,
});
const source = Buffer.from(outputFiles[0].contents).toString("base64");
const page = await import(`data:text/javascript;base64,${source}`);

const parsers = {
  async manifest(bytes) {
    const manifest = page.parseManifest(page.parseJson(bytes, "manifest.json"));
    const id = await page.releaseId(bytes);
    return id === manifest.release ? manifest : { problem: "another id" };
  },
  pointer: (bytes) => page.parsePointer(page.parseJson(bytes, "current.json")),
  report: (bytes) => page.readReport(bytes),
  config: (bytes) =>
    page.readConfig({ json: async () => page.parseJson(bytes, "config.json") }),
  id: (bytes) => page.releaseId(bytes),
};

async function parse(kind, bytes) {
  try {
    return await parsers[kind](bytes);
  } catch (error) {
    if (error instanceof page.ReleaseError) return { problem: error.message };
    throw error;
  }
}

const [casesFile, answersFile] = process.argv.slice(2);
const cases = readFileSync(casesFile);
const answers = [];
for (let at = 0; at < cases.length;) {
  const end = cases.indexOf("\n", at);
  const [kind, size] = cases.toString("latin1", at, end).split(" ");
  at = end + 1 + Number(size);
  answers.push(
    await parse(kind, Uint8Array.from(cases.subarray(end + 1, at)).buffer),
  );
}
// Pixels are bytes, which JSON would write as an object.
const compact = (key, value) =>
  value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
writeFileSync(answersFile, JSON.stringify(answers, compact));
