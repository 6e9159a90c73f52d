import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { releaseId } from "./releaseId";

const encode = (text: string) => new TextEncoder().encode(text).buffer;

it("is the id of the bundled manifest", async () => {
  const file = readFileSync(new URL("../../../../public/model/manifest.json", import.meta.url));
  const { release } = JSON.parse(file.toString()) as { release: string };
  expect(await releaseId(Uint8Array.from(file).buffer)).toBe(release);
  expect(await releaseId(encode(file.toString().replace('"dropout": 0.0', '"dropout": 0.1')))).not.toBe(
    release,
  );
});
