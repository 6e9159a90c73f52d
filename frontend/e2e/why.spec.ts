import { expect, expectAccessible, holdRequests, nextFrame, test } from "./site";

test("the prediction is explained on request, and the explanation follows the drawing", async ({
  drawPage,
  page,
}) => {
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
    why.getByText(/^Fig\. 4 What the prediction is based on\. (Hiding|No single part)/),
  ).toBeVisible();
  await expect(why.getByText(/Why a 7 and not an? \d/)).toBeVisible();
  await expect(why.getByRole("img", { name: /^Maps of block \d$/ })).toHaveCount(3);
  await expectAccessible(page);

  // The old explanation stays readable during the next stroke.
  await page.evaluate(() => scrollTo(0, 0));
  const [start] = await drawPage.toPixels([[70, 70]]);
  await page.mouse.move(...start!);
  await page.mouse.down();
  await expect(why).toHaveAttribute("data-fresh", "false");
  await expectAccessible(page);
  await page.mouse.up();
  await expect(why).toHaveAttribute("data-fresh", "true");

  await drawPage.clear.click();
  await expect(why).toBeHidden();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(why).toHaveAttribute("data-fresh", "true");

  await button.click();
  await expect(why).toBeHidden();
});

test("the heatmap covers the ink, and the feature maps depend on the digit", async ({ drawPage, page }) => {
  await drawPage.open();
  await drawPage.drawDigit(7);
  await page.getByRole("button", { name: "Why?" }).click();
  const why = page.getByTestId("why");
  await expect(why).toHaveAttribute("data-fresh", "true");
  const heat = why.getByRole("img", { name: /coloured by evidence for and against a 7/ });
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

test("the selected digit of a number and a rejected drawing are explained", async ({ drawPage, page }) => {
  await drawPage.open();
  await page.getByRole("button", { name: "Other input" }).click();
  await page.getByRole("button", { name: "The number 42" }).click();
  await expect(drawPage.prediction).toHaveAttribute("data-number", "42");
  await page.getByRole("button", { name: "Why?" }).click();
  const digits = page.getByRole("group", { name: "Digits of the number" }).getByRole("button");
  await digits.nth(1).click();
  await expect(page.getByTestId("why")).toHaveAttribute("data-digit", "2");
  await digits.nth(0).click();
  await expect(page.getByTestId("why")).toHaveAttribute("data-digit", "4");

  await page.getByRole("button", { name: "Other input" }).click();
  await page.getByRole("button", { name: "A star" }).click();
  await expect(drawPage.prediction).toHaveAttribute("data-rejected", "true");
  await page.getByRole("button", { name: "Why?" }).click();
  await expect(page.getByTestId("why").getByRole("heading")).toHaveText(
    /^Probably not a digit\. Why is an? \d closest\?$/,
  );
});

test("a panel that finishes loading late does not replace one that was opened later", async ({
  drawPage,
  page,
}) => {
  await drawPage.open();
  await drawPage.drawDigit(7);
  const release = await holdRequests(page, "**/_next/**");
  const requested = page.waitForRequest("**/_next/**");
  await page.getByRole("button", { name: "Why?" }).click();
  const late = await requested;
  await page.route("**/_next/**", (route) => route.continue()); // Not held.
  await page.getByRole("button", { name: "Other input" }).click();
  const inputMethods = page.getByRole("heading", { name: "Other input" });
  await expect(inputMethods).toBeAttached();
  const finished = page.waitForEvent("requestfinished", (request) => request === late);
  release();
  await finished;
  // Give the late panel time to render.
  await nextFrame(page);
  await expect(page.getByTestId("why")).toBeHidden();
  await expect(inputMethods).toBeAttached();
});
