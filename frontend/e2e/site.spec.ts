import { expect, test } from "./site";

test.describe("the security policy", () => {
  test.use({ expectedComplaints: /Content Security Policy/ });

  test("stops a script that was not there when the site was built", async ({ drawPage, page }) => {
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

  test("the page says what it needs, and the explanation can still be read", async ({ page }) => {
    await page.goto("/");
    await expect(page.locator("noscript p")).toBeVisible();
    await expect(page.getByTestId("draw-canvas")).toBeHidden();
    await page.getByRole("link", { name: "How it works" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("How ink becomes a digit");
  });

  test("the page of kept drawings says what it needs, and looks for none", async ({ page }) => {
    await page.goto("/mistakes");
    await expect(page.locator("noscript p")).toBeVisible();
    await expect(page.getByText("Looking for your drawings…")).toBeHidden();
  });
});

test("the page can be zoomed", async ({ drawPage, page }) => {
  await drawPage.open();
  await expect(page.locator("meta[name=viewport]")).not.toHaveAttribute(
    "content",
    /user-scalable|maximum-scale/,
  );
});
