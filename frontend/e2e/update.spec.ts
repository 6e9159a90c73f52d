import { expect, expectAccessible, holdRequests, publish, STORAGE_ORIGIN, test } from "./site";

const FIRST = "1".repeat(16);
const SECOND = "2".repeat(16);

test.use({ allowedOrigin: STORAGE_ORIGIN });

/** Open the page with `FIRST` published, and wait until it is cached. */
test.beforeEach(async ({ drawPage, page, request }) => {
  await publish(page, request, FIRST);
  await drawPage.open();
  await expect(drawPage.prediction).toHaveAttribute("data-release", FIRST);
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
  await expect(page.getByText(`Release ${FIRST}, cached from an earlier visit`)).toBeVisible();
  await expect(page.getByText("could not be used")).toBeHidden();
  expect(requests.filter((url) => /models\/1+\//.test(url))).toEqual([]);
  await drawPage.drawDigit(2);
  await expect(drawPage.prediction).toHaveAttribute("data-digit", "2");
});

test("a newer release is offered and, when accepted, predicts the current drawing", async ({
  drawPage,
  page,
  request,
}) => {
  await drawPage.drawDigit(3);
  await publish(page, request, SECOND);
  await page.reload();
  const accept = page.getByRole("button", { name: "Use the newer model" });
  await expect(accept).toBeVisible();
  await expect(page.getByText(`A newer model is available: release ${SECOND}`)).toBeVisible();
  await expectAccessible(page);
  // The newer release does not run before it is accepted.
  await expect(drawPage.prediction).toHaveAttribute("data-release", FIRST);
  await drawPage.expectState("settled");
  const ink = await drawPage.inkCoverage();
  await accept.focus();
  await page.keyboard.press("Enter");
  await expect(drawPage.prediction).toHaveAttribute("data-release", SECOND);
  await drawPage.expectState("settled");
  await expect(drawPage.prediction).toHaveAttribute("data-digit", "3");
  expect(await drawPage.inkCoverage()).toBeCloseTo(ink, 5);
  await expect(accept).toBeHidden();
  await expect(page.locator("footer:focus")).toContainText(`Release ${SECOND}, downloaded from Storage`);
  await drawPage.clear.click();
  await drawPage.drawDigit(7);
  await expect(drawPage.prediction).toHaveAttribute("data-digit", "7");
  await drawPage.clear.click();
  await drawPage.open();
  await expect(drawPage.prediction).toHaveAttribute("data-release", SECOND);
});

test("a damaged newer release is rejected: the cached release runs, and the page says why", async ({
  drawPage,
  page,
  request,
}) => {
  const objects = await publish(page, request, SECOND);
  const [path, weights] = [...objects].find(([name]) => name.endsWith(".bin")) ?? [];
  objects.set(path!, weights!.subarray(1));
  await drawPage.open();
  await expect(
    page.getByText("The published model could not be used, so the cached model is running"),
  ).toBeVisible();
  await expect(page.getByText(/\.bin has \d+ bytes instead of the expected \d+/)).toBeVisible();
  await expect(page.getByRole("button", { name: "Use the newer model" })).toBeHidden();
  await expect(drawPage.prediction).toHaveAttribute("data-release", FIRST);
  await drawPage.drawDigit(5);
  await expect(drawPage.prediction).toHaveAttribute("data-digit", "5");
});

test.describe("when Storage cannot be reached", () => {
  test.use({ expectedConsoleErrors: /net::ERR_CONNECTION_REFUSED/ });

  test("the cached release runs, and the page says so", async ({ drawPage, page }) => {
    await page.route(`${STORAGE_ORIGIN}/**`, (route) => route.abort("connectionrefused"));
    await drawPage.open();
    await expect(drawPage.prediction).toHaveAttribute("data-release", FIRST);
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
  await publish(visitor, request, SECOND);
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
