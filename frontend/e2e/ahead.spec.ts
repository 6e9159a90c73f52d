import { expect, publish, STORAGE_ORIGIN, test } from "./site";

/** Of the network and of WebAssembly: what is fetched ahead, and asked for again by the worker that needs it. */
const HEAVY = /\/(model\/.*\.bin|wasm\/.*\.wasm)$/;

test("one inference worker starts, and what is heavy comes over the line once", async ({
  drawPage,
  page,
}) => {
  // No route is set: where requests are intercepted, the browser keeps nothing.
  const heavy: Promise<[string, number]>[] = [];
  page.on("requestfinished", (request) => {
    if (!HEAVY.test(request.url())) return;
    heavy.push(request.sizes().then(({ responseBodySize }) => [request.url(), responseBodySize]));
  });
  await drawPage.open();
  expect(page.workers().filter((worker) => worker.url() === drawPage.worker()!.url())).toHaveLength(1);
  await expect.poll(() => heavy.length).toBe(4);
  const came = (await Promise.all(heavy)).filter(([, bytes]) => bytes > 0);
  expect(came.map(([url]) => url).toSorted()).toEqual([...new Set(came.map(([url]) => url))].toSorted());
  expect(came).toHaveLength(2);
});

test("until it is ready, the draw page asks for nothing that it can do without", async ({
  drawPage,
  page,
}) => {
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await drawPage.open();
  expect(asked.filter((url) => HEAVY.test(url))).not.toEqual([]);
  expect(asked.filter((url) => /report\.json|_rsc=|\.txt/.test(url))).toEqual([]);
});

test.describe("with Storage", () => {
  test.use({ allowedOrigin: STORAGE_ORIGIN });

  test("the bundled network is given up", async ({ drawPage, page, request }) => {
    await publish(page, request, "5".repeat(16));
    await page.route(/\/model\/.*\.bin/, () => {}); // on its way for ever
    const givenUp = page.waitForEvent("requestfailed", (failed) => /\/model\/.*\.bin/.test(failed.url()));
    await drawPage.open();
    await givenUp;
  });
});

for (const when of ["before", "after"] as const)
  test(`a worker that cannot start ahead is replaced: found out ${when} the page needs it`, async ({
    drawPage,
    page,
  }) => {
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

test("what is painted first stands in the page itself, and nothing heavy is fetched by it", async ({
  request,
}) => {
  const html = await (await request.get("/")).text();
  expect(html).toContain("Draw a digit here,");
  expect(html).not.toMatch(/rel="?(prefetch|preload)"?[^>]*(wasm|model)/);
});
