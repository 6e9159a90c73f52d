import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, it } from "vitest";
import { WASM_INTEGRITY } from "./wasmBackend";

it.each(Object.entries(WASM_INTEGRITY))("the hash of %s is that of the installed file", (file, integrity) => {
  const content = readFileSync(
    createRequire(import.meta.url).resolve(`@tensorflow/tfjs-backend-wasm/dist/${file}`),
  );
  expect(`sha256-${createHash("sha256").update(content).digest("base64")}`).toBe(integrity);
});
