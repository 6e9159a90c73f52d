import { site } from "../src/text/site";
import { expect, publish, STORAGE_ORIGIN, test } from "./site";

/** The model's weights and WebAssembly. The page preloads them, and the worker requests them again. */
const LARGE_FILES = /\/(model\/.*\.bin|wasm\/.*\.wasm)$/;

/** Paths of the pages that the draw page links to. */
const OTHER_PAGES = site.pages.map(({ href }) => href).filter((href) => href !== "/");

test("one inference worker starts, and each large file is transferred once", async ({ drawPage, page }) => {
  // Set no route, because the browser caches nothing while requests are intercepted.
  const sizes: Promise<[string, number]>[] = [];
  page.on("requestfinished", (request) => {
    if (!LARGE_FILES.test(request.url())) return;
    sizes.push(request.sizes().then(({ responseBodySize }) => [request.url(), responseBodySize]));
  });
  await drawPage.open();
  // The worker that preloads the files ends after their last request.
  await expect.poll(() => page.workers().length).toBe(1);
  const transferred = (await Promise.all(sizes)).filter(([, bytes]) => bytes > 0).map(([url]) => url);
  expect(transferred).not.toEqual([]);
  expect(transferred.toSorted()).toEqual([...new Set(transferred)].toSorted());
});

test("the draw page prefetches no other page and does not request the report", async ({ drawPage, page }) => {
  const requested: string[] = [];
  page.context().on("request", (request) => requested.push(request.url()));
  await drawPage.open();
  expect(requested.filter((url) => LARGE_FILES.test(url))).not.toEqual([]);
  // `/model/` is the folder of the bundled model.
  const prefetched = requested
    .map((url) => new URL(url).pathname)
    .filter((path) => OTHER_PAGES.some((href) => path.startsWith(href)) && !path.startsWith("/model/"));
  expect(prefetched).toEqual([]);
  await drawPage.drawDigit(3);
  expect(requested.filter((url) => url.includes("report.json"))).toEqual([]);
});

test.describe("with Storage", () => {
  test.use({ allowedOrigin: STORAGE_ORIGIN });

  test("the preload of the bundled model is cancelled", async ({ drawPage, page, request }) => {
    await publish(page, request, "stored");
    await page.route(/\/model\/.*\.bin/, () => {}); // never answered
    const preload = page.waitForEvent("worker", (worker) => /\/preload-[^/]+\.js$/.test(worker.url()));
    await drawPage.open();
    // The worker ends after its last request. It would wait for the model for ever. No event of the cancelled request is
    // awaited, because none arrives if the worker ends first.
    const worker = await preload;
    await expect.poll(() => page.workers().includes(worker)).toBe(false);
  });
});

for (const when of ["before", "after"] as const)
  test(`a preloaded worker that fails ${when} the page uses it is replaced`, async ({ drawPage, page }) => {
    await page.addInitScript(() => {
      const Original = Worker;
      let started = 0;
      window.Worker = class extends Original {
        constructor(url: string | URL, options?: WorkerOptions) {
          const isFirst = started++ === 0;
          super(isFirst ? "/no-such-worker.js" : url, options);
          if (isFirst) this.addEventListener("error", () => performance.mark("failed"));
        }
        // The script that starts the worker sets a handler, and the page replaces it.
        set onmessage(handler: Worker["onmessage"]) {
          if (super.onmessage !== null) performance.mark("used");
          super.onmessage = handler;
        }
        get onmessage() {
          return super.onmessage;
        }
      };
    });
    const marked = (mark: "failed" | "used") =>
      page.waitForFunction((name) => performance.getEntriesByName(name).length > 0, mark);
    await page.route("**/no-such-worker.js", async (route) => {
      if (when === "after") await marked("used");
      await route.fulfill({ status: 404 });
    });
    if (when === "before")
      await page.route("**/_next/**/*.js", async (route) => {
        await marked("failed");
        await route.fallback();
      });
    await drawPage.open();
    await drawPage.drawDigit(3);
    await expect(drawPage.prediction).toHaveAttribute("data-digit", "3");
  });
