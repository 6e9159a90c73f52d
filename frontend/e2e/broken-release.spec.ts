import type { APIRequestContext, Page } from "@playwright/test";
import {
  configure,
  expect,
  fetchBundled,
  publish,
  serveStorage,
  STORAGE_ORIGIN,
  storeRelease,
  test,
} from "./site";

/** A release that is small to download and takes hours to start: a thousand products of matrices of 4096 × 4096. */
async function publishFrozen(page: Page, request: APIRequestContext): Promise<void> {
  const { manifest } = await fetchBundled(request);
  const { outputs } = manifest as unknown as { outputs: { logits: string } };
  const T = { type: "DT_FLOAT" };
  const shape = (...sizes: number[]) => ({ dim: sizes.map((size) => ({ size: String(size) })) });
  const weights = [
    { name: "row", shape: [1, 4096], dtype: "float32" },
    { name: "column", shape: [4096, 1], dtype: "float32" },
  ];
  const product = (name: string, input: string) => ({
    name,
    op: "_FusedMatMul",
    input: [input, "square"],
    attr: {
      T,
      transpose_a: { b: false },
      transpose_b: { b: false },
      num_args: { i: "0" },
      fused_ops: { list: { s: [] } },
    },
  });
  const node = [
    { name: "image", op: "Placeholder", attr: { dtype: T, shape: { shape: shape(-1, 28, 28, 1) } } },
    ...weights.map(({ name, shape: sizes }) => ({
      name,
      op: "Const",
      attr: { dtype: T, value: { tensor: { dtype: T.type, tensorShape: shape(...sizes) } } },
    })),
    { name: "square", op: "AddV2", input: ["row", "column"], attr: { T } },
    ...Array.from({ length: 1000 }, (_, i) => product(`product${i}`, i === 0 ? "square" : `product${i - 1}`)),
    product(outputs.logits.replace(/:\d+$/, ""), "product999"),
  ];
  const model = {
    format: "graph-model",
    modelTopology: { node, library: {}, versions: { producer: 2000 } },
    weightsManifest: [{ paths: ["weights.bin"], weights }],
  };
  const files = new Map([
    ["model.json", Buffer.from(JSON.stringify(model))],
    ["weights.bin", Buffer.alloc(2 * 4 * 4096)],
  ]);
  await serveStorage(page, (await storeRelease(manifest, files)).objects);
}

/** Let the page's seconds pass, one by one, until this text is visible. */
async function passSecondsUntil(page: Page, text: string): Promise<void> {
  await expect
    .poll(
      async () => {
        await page.clock.runFor(1_000);
        return page.getByText(text).isVisible();
      },
      { intervals: [50] },
    )
    .toBe(true);
}

test.describe("a release that freezes its worker", () => {
  test.use({ allowedOrigin: STORAGE_ORIGIN });
  test.beforeEach(({ page }) => page.clock.install());

  test("is replaced on a first visit, and is not downloaded again", async ({ drawPage, page, request }) => {
    await publishFrozen(page, request);
    await page.goto("/");
    await passSecondsUntil(page, "The model did not start within 30 seconds.");
    await expect(page.getByText("bundled with this page")).toBeVisible();
    await drawPage.drawDigit(3);
    await expect(drawPage.prediction).toHaveAttribute("data-digit", "3");
    await drawPage.clear.click();
    const requests: string[] = [];
    page.context().on("request", (sent) => requests.push(decodeURIComponent(sent.url())));
    await drawPage.open();
    await expect(page.getByText("did not run in this browser on an earlier visit")).toBeVisible();
    expect(requests.filter((url) => /models\/\w{16}\//.test(url))).toEqual([]);
  });

  test("does not disturb the running one on a later visit", async ({ drawPage, page, request }) => {
    await publish(page, request, "first");
    await drawPage.open();
    const isCached = () => page.evaluate(async () => (await caches.match("/config.json")) !== undefined);
    await expect.poll(isCached).toBe(true);
    await publishFrozen(page, request);
    await page.reload();
    // The second worker tries the release.
    const workers = () => page.workers().filter((worker) => !worker.url().includes("/preload-")).length;
    await expect.poll(workers).toBe(2);
    await drawPage.drawDigit(3);
    await expect(drawPage.prediction).toHaveAttribute("data-digit", "3");
    await passSecondsUntil(page, "The model did not start within 30 seconds.");
    await expect(page.getByText("so the cached model is running")).toBeVisible();
    await expect.poll(workers).toBe(1);
    await drawPage.clear.click();
    await drawPage.drawDigit(7);
    await expect(drawPage.prediction).toHaveAttribute("data-digit", "7");
  });
});

test.describe("a release", () => {
  test.use({ allowedOrigin: STORAGE_ORIGIN });

  test("whose weights overflow is not used", async ({ drawPage, page, request }) => {
    const { manifest, files } = await fetchBundled(request);
    const model = files.get("model.json")!.toString();
    files.set("model.json", Buffer.from(model.replaceAll(/"scale": ?[0-9.e-]+/g, '"scale":3e38')));
    await serveStorage(page, (await storeRelease(manifest, files)).objects);
    await drawPage.open();
    await expect(page.getByText("The model returned invalid numbers.")).toBeVisible();
    await expect(page.getByText("bundled with this page")).toBeVisible();
    await drawPage.drawDigit(4);
    await expect(drawPage.prediction).toHaveAttribute("data-digit", "4");
  });
});

test.describe("a changed file of the site", () => {
  test.use({ expectedConsoleErrors: /integrity|net::ERR_FAILED|wasm|Failed to fetch/i });
  test.beforeEach(({ page }) => configure(page, { storage: null }));

  test("does not run if it is WebAssembly", async ({ drawPage, page }) => {
    await page.route("**/*.wasm", async (route) => {
      const response = await route.fetch();
      // An empty custom section at the end is valid.
      const body = Buffer.concat([await response.body(), Buffer.from([0, 2, 1, 120])]);
      await route.fulfill({ response, body });
    });
    await drawPage.open();
    await expect(page.getByText("plain JavaScript")).toBeVisible();
    await drawPage.drawDigit(9);
    await expect(drawPage.prediction).toHaveAttribute("data-digit", "9");
  });

  /** Change all scripts that are requested from now on. */
  const changeScripts = (page: Page) =>
    page.route("**/_next/static/chunks/*.js", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `globalThis.changed = true;${await response.text()}` });
    });
  const changedScriptRan = (page: Page) => page.evaluate(() => "changed" in globalThis);

  test("does not run if it is a script of the page", async ({ page }) => {
    await changeScripts(page);
    await page.goto("/about");
    expect(await changedScriptRan(page)).toBe(false);
  });

  test("does not run if it is a script of a panel", async ({ drawPage, page }) => {
    await drawPage.open();
    await drawPage.drawDigit(3);
    await changeScripts(page);
    await page.getByRole("button", { name: "Share", exact: true }).click();
    await expect(page.getByText("The share options could not be loaded")).toBeVisible();
    expect(await changedScriptRan(page)).toBe(false);
  });
});
