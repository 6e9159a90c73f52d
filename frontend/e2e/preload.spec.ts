import { expect, publish, STORAGE_ORIGIN, test } from "./site";

/** The model's weights and WebAssembly. The page preloads them, and the worker requests them again. */
const LARGE_FILES = /\/(model\/.*\.bin|wasm\/.*\.wasm)$/;

test("one inference worker starts, and each large file is transferred once", async ({ drawPage, page }) => {
  // Set no route, because the browser caches nothing while requests are intercepted.
  const sizes: Promise<[string, number]>[] = [];
  page.on("requestfinished", (request) => {
    if (!LARGE_FILES.test(request.url())) return;
    sizes.push(request.sizes().then(({ responseBodySize }) => [request.url(), responseBodySize]));
  });
  await drawPage.open();
  expect(page.workers()).toHaveLength(1);
  await expect.poll(() => sizes.length).toBe(4);
  const transferred = (await Promise.all(sizes)).filter(([, bytes]) => bytes > 0).map(([url]) => url);
  expect(transferred.toSorted()).toEqual([...new Set(transferred)].toSorted());
  expect(transferred).toHaveLength(2);
});

test("the draw page prefetches no other page and does not request the report", async ({ drawPage, page }) => {
  const requested: string[] = [];
  page.context().on("request", (request) => requested.push(request.url()));
  await drawPage.open();
  expect(requested.filter((url) => LARGE_FILES.test(url))).not.toEqual([]);
  expect(requested.filter((url) => /_rsc=|\.txt/.test(url))).toEqual([]);
  await drawPage.drawDigit(3);
  expect(requested.filter((url) => url.includes("report.json"))).toEqual([]);
});

test.describe("with Storage", () => {
  test.use({ allowedOrigin: STORAGE_ORIGIN });

  test("the preload of the bundled model is cancelled", async ({ drawPage, page, request }) => {
    await publish(page, request, "5".repeat(16));
    await page.route(/\/model\/.*\.bin/, () => {}); // never answered
    const cancelled = page.waitForEvent("requestfailed", (failed) => /\/model\/.*\.bin/.test(failed.url()));
    await drawPage.open();
    await cancelled;
  });
});

for (const when of ["before", "after"] as const)
  test(`a preloaded worker that fails ${when} the page uses it is replaced`, async ({ drawPage, page }) => {
    await page.addInitScript(() => {
      const Original = Worker;
      let started = 0;
      window.Worker = class extends Original {
        constructor(url: string | URL, options?: WorkerOptions) {
          super(started++ === 0 ? "/no-such-worker.js" : url, options);
        }
      };
    });
    await page.route("**/no-such-worker.js", async (route) => {
      if (when === "after") await page.waitForFunction(() => globalThis.inferenceWorker === null);
      await route.fulfill({ status: 404 });
    });
    if (when === "before")
      await page.route(/_next.*\.js$/, async (route) => {
        await page.waitForFunction(() => globalThis.inferenceWorker === null);
        await route.fallback();
      });
    await drawPage.open();
    await drawPage.drawDigit(3);
    await expect(drawPage.prediction).toHaveAttribute("data-digit", "3");
  });
