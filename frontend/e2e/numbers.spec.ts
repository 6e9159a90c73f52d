import { percent } from "../src/text/numbers";
import { SHAPES, type Stroke } from "../src/lib/ink/testing/shapes";
import { type DrawPage, expect, test } from "./site";

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

/** A digit whose centre is at (x, y) and whose height is about 80 times `scale`. */
const digitAt = (digit: number, x: number, y = 50, scale = 0.5): Stroke[] =>
  SHAPES[digit]![digit === 1 ? 1 : 0]!.strokes.map((stroke) =>
    stroke.map(([u, v]) => [x + (u - 50) * scale, y + (v - 50) * scale] as const),
  );

const bar = (left: number, right: number, y: number): Stroke => [
  [left, y],
  [(left + right) / 2, y + 0.5],
  [right, y],
];
const stem = (x: number, top: number, bottom: number): Stroke => [
  [x, top],
  [x + 0.5, (top + bottom) / 2],
  [x, bottom],
];
const dot = (x: number, y: number): Stroke => [[x, y]];

/** Drawings by the number that the page shows for them. A space separates two lines. */
const NUMBERS: Record<string, Stroke[]> = {
  "−5": [...digitAt(5, 50), bar(5, 22, 50)],
  "+12": [bar(-10, 6, 52), stem(-2, 44, 60), ...digitAt(1, 25), ...digitAt(2, 60)],
  "−3.14": [bar(-20, -4, 50), ...digitAt(3, 15), dot(32, 69), ...digitAt(1, 50), ...digitAt(4, 82)],
  "7.": [...digitAt(7, 50), dot(70, 70)],
  "12 34": [
    ...digitAt(1, 30, 25, 0.4),
    ...digitAt(2, 70, 25, 0.4),
    ...digitAt(3, 30, 75, 0.4),
    ...digitAt(4, 70, 75, 0.4),
  ],
};

const announced = (number: string) => number.replace(" ", " and ");

test("minus, plus and point are written and announced, and two lines are two numbers", async ({
  drawPage,
  page,
}) => {
  for (const [number, strokes] of Object.entries(NUMBERS)) {
    await test.step(number, async () => {
      await drawPage.draw(strokes);
      await expect(drawPage.prediction).toHaveAttribute("data-number", number);
      await drawPage.expectState("settled");
      const status = page.getByRole("status").filter({ hasText: announced(number) });
      await expect(status).toHaveText(/% confidence/);
      await drawPage.clear.click();
      await drawPage.expectState("empty");
    });
  }
});

test("a picture of a number has its signs and lines, and a box for each digit", async ({
  drawPage,
  page,
}) => {
  await page.getByRole("button", { name: "Other input" }).click();
  for (const number of ["−3.14", "12 34"]) {
    await drawPage.draw(NUMBERS[number]!);
    await drawPage.expectState("settled");
    const buffer = await photograph(drawPage);
    await drawPage.clear.click();
    await page
      .getByLabel("Choose a picture")
      .setInputFiles({ name: "number", mimeType: "image/png", buffer });
    const digits = number.replaceAll(/\D/g, "").length;
    await expect(page.getByText(`${digits} digits found in the picture.`)).toBeVisible();
    await expect(drawPage.prediction).toHaveAttribute("data-number", number);
    await expect(page.getByTestId("digit-box")).toHaveCount(digits);
    await drawPage.clear.click();
  }
});

test("what is not a digit is not part of the number, or a question mark", async ({ drawPage, page }) => {
  const { prediction } = drawPage;
  await drawPage.draw([...digitAt(7, 50), bar(25, 75, 85)]);
  await expect(prediction).toHaveAttribute("data-number", "7");
  await expect(page.getByRole("status").filter({ hasText: /^seven, / })).toHaveCount(1);
  await drawPage.clear.click();

  const scribble: Stroke = SCRIBBLE.map(([x, y]) => [50 + (x - 50) * 0.5, y] as const);
  await drawPage.draw([...digitAt(3, 0), scribble, ...digitAt(7, 100)]);
  await expect(prediction).toHaveAttribute("data-number", "3?7");
  await expect(
    page.getByRole("status").filter({ hasText: /^3\?7, .*% confidence for each digit/ }),
  ).toHaveCount(1);
  await expect(prediction.getByRole("button", { name: /^\?, closest digit/ })).toHaveText("?");
  await expect(prediction.getByText("two digits, one unknown")).toBeVisible();
});

/** The drawing as a PNG on white. */
async function photograph({ canvas }: DrawPage): Promise<Buffer> {
  const url = await canvas.evaluate((ink: HTMLCanvasElement) => {
    const { width, height } = ink;
    const copy = Object.assign(document.createElement("canvas"), { width, height });
    const context = copy.getContext("2d")!;
    context.fillStyle = "white";
    context.fillRect(0, 0, width, height);
    context.drawImage(ink, 0, 0);
    return copy.toDataURL();
  });
  return Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
}
