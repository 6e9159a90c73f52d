import type { Worker } from "@playwright/test";
import { encodeStrokes } from "../src/lib/ink/link";
import { draw } from "../src/text/draw";
import { site } from "../src/text/site";
import { SHAPES } from "../src/lib/ink/testing/shapes";
import {
  makeRenderingFail,
  configure,
  type DrawPage,
  expect,
  fetchBundled,
  publish,
  serveStorage,
  STORAGE_ORIGIN,
  storeRelease,
  test,
} from "./site";

test.describe("when the worker crashes", () => {
  test.use({ expectedConsoleErrors: /a crash/ });

  const crash = async (drawPage: DrawPage) => {
    await drawPage.worker()!.evaluate(() => {
      queueMicrotask(() => {
        throw new Error("a crash");
      });
    });
  };
  const expectNewWorker = async (drawPage: DrawPage, before: Worker | undefined) =>
    expect.poll(() => ![undefined, before].includes(drawPage.worker())).toBe(true);

  test("it restarts and predicts the current drawing", async ({ drawPage, page }) => {
    await configure(page, { storage: null });
    await drawPage.open();
    await drawPage.drawDigit(3);
    const first = drawPage.worker();
    await crash(drawPage);
    await expectNewWorker(drawPage, first);
    await drawPage.expectState("settled");
    await expect(drawPage.prediction).toHaveAttribute("data-digit", "3");
    await drawPage.clear.click();
    await drawPage.drawDigit(7);
    await expect(drawPage.prediction).toHaveAttribute("data-digit", "7");
  });

  test("three times in a row, the page shows an error and offers a retry", async ({ drawPage, page }) => {
    await configure(page, { storage: null });
    await drawPage.open();
    for (const state of ["empty", "empty", "error"] as const) {
      const before = drawPage.worker();
      await crash(drawPage);
      if (state === "empty") await expectNewWorker(drawPage, before);
      await drawPage.expectState(state);
    }
    await expect(page.getByRole("alert").filter({ hasText: "a crash" })).toBeVisible();
    await page.getByRole("button", { name: "Try again" }).click();
    await expect(drawPage.prediction).toBeFocused();
    await drawPage.expectState("empty");
    await drawPage.drawDigit(2);
    await expect(drawPage.prediction).toHaveAttribute("data-digit", "2");
  });
});

test.describe("when a chunk of the page cannot be fetched", () => {
  test.use({ expectedConsoleErrors: /net::ERR_FAILED/ });

  test("the page shows an error, keeps the drawing and can retry", async ({ drawPage, page }) => {
    await drawPage.open();
    await drawPage.drawDigit(3);
    const ink = await drawPage.inkCoverage();
    for (const [name, message] of [
      ["Why?", "This panel could not be loaded"],
      ["Share", "The share options could not be loaded"],
    ] as const) {
      await page.route("**/_next/**", (route) => route.abort());
      const opener = page.getByRole("button", { name, exact: true });
      await opener.click();
      await expect(page.getByText(message)).toBeVisible();
      await expect(opener).toHaveAttribute("aria-expanded", "false");
      await drawPage.expectState("settled");
      expect(await drawPage.inkCoverage()).toBe(ink);
      await page.unroute("**/_next/**");
      await opener.click();
      await expect(opener).toHaveAttribute("aria-expanded", "true");
      await expect(page.getByText(message)).toBeHidden();
    }
  });

  test("a drawing in the URL stays there and opens after a reload", async ({ drawPage, page }) => {
    const strokes = SHAPES[3]![0]!.strokes.map((stroke) =>
      stroke.map(([x, y]) => ({ x: x / 100, y: y / 100 })),
    );
    const hash = `#ink=${encodeStrokes(strokes)}`;
    await drawPage.open();
    await page.route("**/_next/**", (route) => route.abort());
    await page.evaluate((to) => (location.hash = to), hash);
    await expect(page.getByText(draw.share.linkNotOpened)).toBeVisible();
    expect(new URL(page.url()).hash).toBe(hash);
    await page.unroute("**/_next/**");
    await page.reload();
    await expect(drawPage.prediction).toHaveAttribute("data-number", "3");
  });
});

test.describe("when rendering fails", () => {
  test.use({ expectedConsoleErrors: /a rendering failure/ });

  test("the page shows an error and can retry", async ({ drawPage, page }) => {
    const repair = await makeRenderingFail(page);
    await page.goto("/");
    await expect(page.getByRole("alert").getByRole("heading", { name: site.error.heading })).toBeVisible();
    await repair();
    await page.getByRole("button", { name: site.error.retry }).click();
    await drawPage.expectState("empty");
    await drawPage.drawDigit(3);
  });
});

test.describe("with Storage", () => {
  test.use({ allowedOrigin: STORAGE_ORIGIN });

  test("a browser without free storage runs the published release without caching it", async ({
    baseURL,
    drawPage,
    page,
    request,
  }) => {
    const { id } = await publish(page, request, "first");
    const session = await page.context().newCDPSession(page);
    const { origin } = new URL(baseURL!);
    await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1_000 });
    for (let visit = 0; visit < 2; visit++) {
      await drawPage.open();
      await expect(page.getByText(`Release ${id}, downloaded from Storage`)).toBeVisible();
      await drawPage.drawDigit(6);
      await expect(drawPage.prediction).toHaveAttribute("data-digit", "6");
      expect(await page.evaluate(() => caches.keys())).toEqual([]);
      await drawPage.clear.click();
    }
  });

  test("a model with an unsupported operation is rejected, and the page names the operation", async ({
    drawPage,
    page,
    request,
  }) => {
    const { manifest, files } = await fetchBundled(request);
    const graph = JSON.parse(files.get("model.json")!.toString());
    graph.modelTopology.node.find(({ op }: { op: string }) => op === "MaxPool").op = "FractionalMaxPool";
    files.set("model.json", Buffer.from(JSON.stringify(graph)));
    await serveStorage(page, (await storeRelease(manifest, files)).objects);
    await drawPage.open();
    await expect(page.getByText(/needs FractionalMaxPool, which this page does not support/)).toBeVisible();
    await expect(page.getByText("bundled with this page")).toBeVisible();
    await drawPage.drawDigit(4);
    await expect(drawPage.prediction).toHaveAttribute("data-digit", "4");
  });
});
