import AxeBuilder from "@axe-core/playwright";
import type { Locator } from "@playwright/test";
import { type DrawPage, expect, test } from "./site";

/** A digit is drawn and its explanation opened. */
async function explained(drawPage: DrawPage, digit: number): Promise<Locator> {
  await drawPage.open();
  await drawPage.drawDigit(digit);
  await drawPage.page.getByRole("button", { name: "Why?" }).click();
  return drawPage.page.getByTestId("why");
}

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`in the ${colorScheme}`, () => {
    test.use({ colorScheme });

    test("an answer is explained behind one tap", async ({ drawPage, page }) => {
      await drawPage.open();
      const button = page.getByRole("button", { name: "Why?" });
      // There is nothing to explain yet.
      await expect(button).toHaveAttribute("aria-disabled", "true");
      await drawPage.drawDigit(7);
      await button.click();
      await expect(button).toHaveAttribute("aria-expanded", "true");

      const why = page.getByTestId("why");
      await expect(why).toHaveAttribute("data-digit", "7");
      await expect(why.getByRole("heading", { name: "Why a 7?" })).toBeVisible();
      await expect(
        why.getByText(/^Fig\. 4 Where the decision comes from\. (Covering|No single part)/),
      ).toBeVisible();
      await expect(why.getByText(/What makes it a 7 rather than an? \d/)).toBeVisible();
      await expect(why.getByRole("img", { name: /^Maps of block \d$/ })).toHaveCount(3);
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

      await button.click();
      await expect(why).toBeHidden();
    });

    test("an explanation is readable while more is drawn, and goes with the ink", async ({
      drawPage,
      page,
    }) => {
      const why = await explained(drawPage, 7);
      await expect(why).toBeVisible();
      await page.evaluate(() => scrollTo(0, 0));
      const [start] = await drawPage.place([[70, 70]]);
      await page.mouse.move(...start!);
      await page.mouse.down();
      await expect(why).toHaveAttribute("data-fresh", "false");
      // Until a paler one would be as pale as it gets.
      await page.waitForTimeout(300);
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
      await page.mouse.up();
      await expect(why).toHaveAttribute("data-fresh", "true");

      await drawPage.clear.click();
      await expect(why).toBeHidden();
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
      await page.getByRole("button", { name: "Undo" }).click();
      await expect(why).toHaveAttribute("data-fresh", "true");
    });
  });
}

test("the colours lie on the ink, and the maps of a digit are not those of another", async ({
  drawPage,
  page,
}) => {
  const why = await explained(drawPage, 7);
  await expect(why).toHaveAttribute("data-fresh", "true");
  const heat = why.getByRole("img", { name: /coloured where the ink speaks for or against a 7/ });
  const coloured = await heat.evaluate((canvas: HTMLCanvasElement) => {
    const { data, width } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
    let [red, corner] = [0, 0];
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3]! > 60 && data[i]! > data[i + 2]! + 60) red++;
      const [x, y] = [(i / 4) % width, Math.floor(i / 4 / width)];
      if (x < width / 10 && y < width / 10) corner += data[i + 3]!;
    }
    return { red, corner };
  });
  expect(coloured.red).toBeGreaterThan(200);
  expect(coloured.corner).toBe(0);

  const maps = why.getByRole("img", { name: "Maps of block 1" });
  const seven = await maps.evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  await page.evaluate(() => scrollTo(0, 0));
  await drawPage.clear.click();
  await drawPage.drawDigit(3);
  await expect(why).toHaveAttribute("data-digit", "3");
  await expect(why).toHaveAttribute("data-fresh", "true");
  expect(await maps.evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL())).not.toBe(seven);
});

test("of a number, the digit that is chosen is explained", async ({ drawPage, page }) => {
  await drawPage.open();
  await page.getByRole("button", { name: "Picture, examples, grid" }).click();
  await page.getByRole("button", { name: "The number 42" }).click();
  await expect(drawPage.prediction).toHaveAttribute("data-number", "42");
  await page.getByRole("button", { name: "Why?" }).click();
  await page.getByRole("group", { name: "Digits of the number" }).getByRole("button").nth(1).click();
  await expect(page.getByTestId("why")).toHaveAttribute("data-digit", "2");
  await page.getByRole("group", { name: "Digits of the number" }).getByRole("button").nth(0).click();
  await expect(page.getByTestId("why")).toHaveAttribute("data-digit", "4");
});

test("an explanation of what is taken for no digit says so", async ({ drawPage, page }) => {
  await drawPage.open();
  await page.getByRole("button", { name: "Picture, examples, grid" }).click();
  await page.getByRole("button", { name: "A star" }).click();
  await expect(drawPage.prediction).toHaveAttribute("data-rejected", "true");
  await page.getByRole("button", { name: "Why?" }).click();
  await expect(page.getByTestId("why").getByRole("heading")).toHaveText(
    /^Not a digit, it seems\. Why an? \d, at a guess\?$/,
  );
});

test("a panel that comes late does not take the place of the one opened after it", async ({
  drawPage,
  page,
}) => {
  await drawPage.open();
  await drawPage.drawDigit(7);
  let [holds, give] = [true, () => {}];
  const held = new Promise<void>((resolve) => (give = resolve));
  await page.route("**/_next/**", async (route) => {
    if (holds) await held;
    await route.fallback();
  });
  const asked = page.waitForRequest("**/_next/**");
  await page.getByRole("button", { name: "Why?" }).click();
  await asked;
  holds = false;
  await page.getByRole("button", { name: "Picture, examples, grid" }).click();
  const ways = page.getByRole("heading", { name: "Picture, examples, grid" });
  await expect(ways).toBeAttached();
  give();
  await page.waitForTimeout(500);
  await expect(page.getByTestId("why")).toBeHidden();
  await expect(ways).toBeAttached();
});
