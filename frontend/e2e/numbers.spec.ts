import { percent } from "../src/text/numbers";
import type { Stroke } from "../src/lib/ink/testing/shapes";
import { expect, test } from "./site";

const SCRIBBLE: Stroke = Array.from({ length: 120 }, (_, i) => [50 + 35 * Math.sin(i / 3.1), 15 + i * 0.55]);

test.beforeEach(({ drawPage }) => drawPage.open());

test("digits side by side are recognized as a number, with a box around each", async ({ drawPage, page }) => {
  await drawPage.drawNumber("4752", { 7: 1 });
  const { prediction } = drawPage;
  await expect(prediction).toHaveAttribute("data-number", "4752");
  await expect(prediction).toHaveAttribute("data-rejected", "false");
  await expect(page.getByRole("status").filter({ hasText: "4752" })).toHaveText(
    /^4752, .*% confidence for each digit$/,
  );

  const canvas = (await drawPage.canvas.boundingBox())!;
  const boxes = await page.getByTestId("digit-box").all();
  const bounds = await Promise.all(boxes.map((box) => box.boundingBox()));
  expect(bounds).toHaveLength(4);
  bounds.reduce((right, box) => {
    expect(box!.x).toBeGreaterThan(right);
    expect(box!.y).toBeGreaterThanOrEqual(canvas.y - 1);
    expect(box!.y + box!.height).toBeLessThanOrEqual(canvas.y + canvas.height + 1);
    return box!.x + box!.width / 2;
  }, canvas.x);
});

test("a click or a key selects a digit of a number, and undo and redo change the number", async ({
  drawPage,
  page,
}) => {
  await drawPage.drawNumber("38");
  const { prediction } = drawPage;
  await expect(prediction).toHaveAttribute("data-number", "38");
  // The digit that was drawn last is selected by default.
  await expect(prediction).toHaveAttribute("data-digit", "8");
  const digits = prediction.getByRole("group", { name: "Digits of the number" }).getByRole("button");
  await expect(digits).toHaveCount(2);
  await digits.first().click();
  await expect(prediction).toHaveAttribute("data-digit", "3");
  await expect(digits.first()).toHaveAttribute("aria-pressed", "true");
  const first = await prediction.getAttribute("data-confidence");
  await expect(prediction.getByText(/^first digit, /)).toHaveText(
    `first digit, ${percent(Number(first))} confidence`,
  );
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(prediction).toHaveAttribute("data-digit", "8");
  await expect(digits.first()).toHaveAttribute("aria-pressed", "false");
  await expect(prediction.getByText(/^second digit, .*% confidence$/)).toBeVisible();

  await page.keyboard.press("Control+z");
  await expect(drawPage.prediction).toHaveAttribute("data-number", "3");
  await expect(page.getByTestId("digit-box")).toHaveCount(0);
  await page.keyboard.press("Control+y");
  await expect(drawPage.prediction).toHaveAttribute("data-number", "38");
});

test("a drawing that is not a digit is rejected, and the page says so", async ({ drawPage, page }) => {
  await drawPage.draw([SCRIBBLE]);
  await drawPage.expectState("settled");
  await expect(drawPage.prediction).toHaveAttribute("data-rejected", "true");
  await expect(drawPage.prediction.getByText("Probably not a digit", { exact: true })).toBeVisible();
  await expect(drawPage.prediction.getByText(/^closest digit: \w+, [\d.]+% confidence$/)).toBeVisible();
  await expect(page.getByRole("status").filter({ hasText: "Probably not a digit" })).toHaveCount(1);
});
