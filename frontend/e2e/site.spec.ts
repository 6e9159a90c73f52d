import { expect, test } from "./site";

test.describe("the content security policy", () => {
  test.use({ expectedConsoleErrors: /Content Security Policy/ });

  test("blocks scripts that are not part of the build", async ({ drawPage, page }) => {
    await drawPage.open();
    const ran = await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "document.title = 'ran'";
      document.head.append(script);
      return document.title === "ran";
    });
    expect(ran).toBe(false);
  });
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("each page says that it needs JavaScript, and the about page is readable", async ({ page }) => {
    await page.goto("/");
    await expect(page.locator("noscript p")).toBeVisible();
    await expect(page.getByTestId("draw-canvas")).toBeHidden();
    await page.getByRole("link", { name: "How it works" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("How it works");
    await page.goto("/mistakes");
    await expect(page.locator("noscript p")).toBeVisible();
    await expect(page.getByText("Loading your drawings…")).toBeHidden();
    await page.goto("/model");
    await expect(page.locator("noscript p")).toBeVisible();
  });
});

test("the static HTML contains the drawing hint, preloads no large files and allows zooming", async ({
  request,
}) => {
  const html = await (await request.get("/")).text();
  expect(html).toContain("Draw a digit here,");
  expect(html).not.toMatch(/rel="?(prefetch|preload)"?[^>]*(wasm|model)/);
  expect(html).toMatch(/<meta name="?viewport/);
  expect(html).not.toMatch(/user-scalable|maximum-scale/);
});

test("the about page says that drawings stay on the device", async ({ request }) => {
  expect(await (await request.get("/about")).text()).toMatch(/Your drawings never leave this device/);
});
