import { expect, it } from "vitest";
import { loadInNode, readBundledRelease } from "./testing/bundledModel";

/** Load the bundled release with a changed `model.json`. */
function loadChanged(change: (model: string) => string) {
  const { manifest, files } = readBundledRelease();
  const model = change(new TextDecoder().decode(files.get("model.json")));
  const changed = new Map(files).set("model.json", Uint8Array.from(new TextEncoder().encode(model)).buffer);
  return loadInNode({ manifest, files: changed });
}

it("rejects a release whose weights overflow", async () => {
  const loading = loadChanged((model) => model.replaceAll(/"scale": ?[0-9.e-]+/g, '"scale":3e38'));
  await expect(loading).rejects.toMatchObject({ problem: { code: "invalidLogits" } });
});

it("rejects a release that does not recognize the test digit", async () => {
  const loading = loadChanged((model) => model.replaceAll(/"scale": ?[0-9.e-]+/g, '"scale":0'));
  await expect(loading).rejects.toMatchObject({ problem: { code: "misclassified", expected: 7 } });
});

it("rejects a release that does not return ten logits", async () => {
  const { manifest, files } = readBundledRelease();
  const [node] = /[\w/]*dense_1\/Relu/.exec(new TextDecoder().decode(files.get("model.json"))) ?? [];
  const loading = loadInNode({ manifest: { ...manifest, logits: node! }, files });
  await expect(loading).rejects.toMatchObject({ problem: { code: "invalidLogits" } });
});
