import AxeBuilder from "@axe-core/playwright";
import { configure, expect, test } from "./site";

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`in the ${colorScheme}`, () => {
    test.use({ colorScheme });

    test("axe finds nothing on any page in any state", async ({ drawPage, page }) => {
      const violations = async () => {
        const { violations } = await new AxeBuilder({ page }).analyze();
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
      };
      await drawPage.open();
      expect(await violations(), "empty").toEqual([]);
      await drawPage.drawDigit(3);
      expect(await violations(), "settled").toEqual([]);
      await page.goto("/about");
      expect(await violations(), "about").toEqual([]);
      await page.goto("/no-such-page");
      expect(await violations(), "not found").toEqual([]);
      await page.route("**/model/model.json", (route) => route.fulfill({ status: 500 }));
      await configure(page, { storage: null });
      await page.goto("/");
      await drawPage.expectState("error");
      expect(await violations(), "error").toEqual([]);
    });

    test.use({ expectedComplaints: /status of (404|500)/ });
  });
}

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
});

test("nothing but the site itself is asked for anything", async ({ drawPage, page, baseURL }) => {
  await configure(page, { storage: null });
  const asked: URL[] = [];
  page.context().on("request", (request) => asked.push(new URL(request.url())));
  await drawPage.open();
  await drawPage.drawDigit(5);
  const before = asked.length;
  expect(before).toBeGreaterThan(5);
  expect([...new Set(asked.map(({ origin }) => origin))]).toEqual([new URL(baseURL!).origin]);
  // What is drawn goes nowhere.
  await drawPage.clear.click();
  await drawPage.drawDigit(2);
  expect(asked.length).toBe(before);
});

test("the page can be zoomed, and fits the narrowest phones", async ({ drawPage, page }) => {
  await page.setViewportSize({ width: 320, height: 568 });
  await drawPage.open();
  await expect(page.locator("meta[name=viewport]")).not.toHaveAttribute(
    "content",
    /user-scalable|maximum-scale/,
  );
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
});
