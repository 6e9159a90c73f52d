import { expect, expectAccessible, holdRequests, publish, STORAGE_ORIGIN, test } from "./site";

/** Id of the release that the visitor runs. */
let first: string;

test.use({ allowedOrigin: STORAGE_ORIGIN });

/** Open the page with a release published, and wait until it is cached. */
test.beforeEach(async ({ drawPage, page, request }) => {
  first = (await publish(page, request, "first")).id;
  await drawPage.open();
  await expect(drawPage.prediction).toHaveAttribute("data-release", first);
  // The site's configuration is cached last.
  const isCached = () => page.evaluate(async () => (await caches.match("/config.json")) !== undefined);
  await expect.poll(isCached).toBe(true);
});

test("a cached release starts without downloading its files again", async ({ drawPage, page }) => {
  const requests: string[] = [];
  page.context().on("request", (request) => requests.push(decodeURIComponent(request.url())));
  const checked = page.waitForResponse(/current\.json/);
  await drawPage.open();
  await checked;
  await expect(page.getByText(`Release ${first}, cached from an earlier visit`)).toBeVisible();
  await expect(page.getByText("could not be used")).toBeHidden();
  expect(requests.filter((url) => url.includes(`models/${first}/`))).toEqual([]);
  await drawPage.drawDigit(2);
  await expect(drawPage.prediction).toHaveAttribute("data-digit", "2");
});

test("a newer release is offered and, when accepted, predicts the current drawing", async ({
  drawPage,
  page,
  request,
}) => {
  await drawPage.drawDigit(3);
  const { id: second } = await publish(page, request, "second");
  await page.reload();
  const accept = page.getByRole("button", { name: "Use the newer model" });
  await expect(accept).toBeVisible();
  await expect(page.getByText(`A newer model is available: release ${second}`)).toBeVisible();
  await expectAccessible(page);
  // The newer release does not run before it is accepted.
  await expect(drawPage.prediction).toHaveAttribute("data-release", first);
  await drawPage.expectState("settled");
  const ink = await drawPage.inkCoverage();
  await accept.focus();
  await page.keyboard.press("Enter");
  await expect(drawPage.prediction).toHaveAttribute("data-release", second);
  await drawPage.expectState("settled");
  await expect(drawPage.prediction).toHaveAttribute("data-digit", "3");
  expect(await drawPage.inkCoverage()).toBeCloseTo(ink, 5);
  await expect(accept).toBeHidden();
  await expect(page.locator("footer:focus")).toContainText(`Release ${second}, downloaded from Storage`);
  await drawPage.clear.click();
  await drawPage.drawDigit(7);
  await expect(drawPage.prediction).toHaveAttribute("data-digit", "7");
  await drawPage.clear.click();
  await drawPage.open();
  await expect(drawPage.prediction).toHaveAttribute("data-release", second);
});

test("a damaged newer release is rejected: the cached release runs, and the page says why", async ({
  drawPage,
  page,
  request,
}) => {
  const { objects } = await publish(page, request, "second");
  const [path, weights] = [...objects].find(([name]) => name.endsWith(".bin")) ?? [];
  objects.set(path!, weights!.subarray(1));
  await drawPage.open();
  await expect(
    page.getByText("The published model could not be used, so the cached model is running"),
  ).toBeVisible();
  await expect(page.getByText(/\.bin has \d+ bytes instead of the expected \d+/)).toBeVisible();
  await expect(page.getByRole("button", { name: "Use the newer model" })).toBeHidden();
  await expect(drawPage.prediction).toHaveAttribute("data-release", first);
  await drawPage.drawDigit(5);
  await expect(drawPage.prediction).toHaveAttribute("data-digit", "5");
});

test.describe("when Storage cannot be reached", () => {
  test.use({ expectedConsoleErrors: /net::ERR_CONNECTION_REFUSED/ });

  test("the cached release runs, and the page says so", async ({ drawPage, page }) => {
    await page.route(`${STORAGE_ORIGIN}/**`, (route) => route.abort("connectionrefused"));
    await drawPage.open();
    await expect(drawPage.prediction).toHaveAttribute("data-release", first);
    await expect(
      page.getByText(/the cached model is running.*current\.json could not be reached/),
    ).toBeVisible();
    await drawPage.drawDigit(0);
    await expect(drawPage.prediction).toHaveAttribute("data-digit", "0");
  });
});

test("a first visit shows the progress of the download in bytes", async ({ page, request }) => {
  const context = await page.context().browser()!.newContext();
  const visitor = await context.newPage();
  await publish(visitor, request, "second");
  const release = await holdRequests(visitor, /\.bin/);
  await visitor.goto(page.url());
  const progress = visitor.getByRole("progressbar", { name: "Model download" });
  await expect(progress).toBeVisible();
  await expect(visitor.getByText(/^\d+ of \d+ kB$/)).toBeVisible();
  const [value, max] = await progress.evaluate((bar: HTMLProgressElement) => [bar.value, bar.max]);
  expect(value).toBeGreaterThan(0);
  expect(value).toBeLessThan(max!);
  await expectAccessible(visitor);
  release();
  await expect(progress).toBeHidden();
  await context.close();
});
