import { readFile } from "node:fs/promises";
import type { Locator, Page } from "@playwright/test";
import { expect, expectAccessible, test } from "./site";

/** Choose a label in the correction form. */
async function chooseLabel(page: Page, digit: string): Promise<void> {
  const button = page.getByRole("button", { name: "Wrong? Correct it" });
  if ((await button.getAttribute("aria-expanded")) !== "true") await button.click();
  await page.getByTestId("correction-form").getByRole("button", { name: digit, exact: true }).click();
}

/** Choose a label, and wait until it is saved. */
async function label(page: Page, digit: string): Promise<void> {
  await chooseLabel(page, digit);
  await expect(page.getByTestId("correction-form").getByRole("status")).toContainText("Saved on this device");
}

/** Scroll to the top, because labelling scrolls down to the form. */
async function scrollToCanvas(page: Page): Promise<void> {
  await page.evaluate(() => scrollTo(0, 0));
}

const navigate = (page: Page, name: string) =>
  page.getByRole("navigation").getByRole("link", { name, exact: true }).click();

test("labels are stored on the device, counted, exported in both formats and deleted", async ({
  drawPage,
  page,
}) => {
  await drawPage.open();
  await expect(page.getByRole("button", { name: "Wrong? Correct it" })).toHaveAttribute(
    "aria-disabled",
    "true",
  );
  const requests: string[] = [];
  await drawPage.drawDigit(7);
  await label(page, "7");
  page.context().on("request", (request) => requests.push(request.url()));
  await scrollToCanvas(page);
  await drawPage.clear.click();
  await drawPage.drawDigit(3);
  await label(page, "8");
  // A second label replaces the first.
  await label(page, "5");
  await scrollToCanvas(page);
  await drawPage.clear.click();
  await drawPage.drawDigit(0);
  await label(page, "Not a digit");
  expect(requests, "requests while labelling").toEqual([]);
  await expectAccessible(page);

  await page.getByTestId("correction-form").getByRole("link", { name: "Mistakes" }).click();
  await expect(page.getByTestId("labelled-drawing")).toHaveCount(2);
  await expect(page.getByRole("row", { name: "7 1 1 100%" })).toBeVisible();
  await expect(page.getByRole("row", { name: "5 1 0 0%" })).toBeVisible();
  await expect(page.getByRole("row", { name: "All 3 1 33.3%" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "All (3)" }).click();
  await expect(page.getByTestId("labelled-drawing")).toHaveCount(3);

  const save = async (name: string) => {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name, exact: true }).click(),
    ]);
    return readFile(await download.path());
  };
  const images = await save("IDX images");
  expect([...images.subarray(0, 16)]).toEqual([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28]);
  expect(images).toHaveLength(16 + 2 * 784);
  expect(Math.max(...images.subarray(16))).toBe(255);
  expect([...(await save("IDX labels"))]).toEqual([0, 0, 8, 1, 0, 0, 0, 2, 5, 7]);
  const { samples } = JSON.parse((await save("JSON")).toString()) as {
    samples: { label: number | null; strokes: number[][][] }[];
  };
  expect(samples.map(({ label }) => label)).toEqual([null, 5, 7]);
  expect(samples[2]!.strokes[0]!.length).toBeGreaterThan(5);

  // The drawings are kept after a reload.
  await page.reload();
  await expect(page.getByTestId("labelled-drawing")).toHaveCount(2);

  await page.getByRole("button", { name: /^Delete: label 5/ }).click();
  await expect(page.getByTestId("labelled-drawing")).toHaveCount(1);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByTestId("labelled-drawing")).toHaveCount(2);

  await page.getByRole("button", { name: "Delete all" }).click();
  await expect(page.getByRole("button", { name: "Cancel" })).toBeFocused();
  await page.getByRole("button", { name: "Yes, delete" }).click();
  await expect(page.getByText("No drawings yet")).toBeVisible();
  await expect(page.getByText("3 drawings deleted.")).toBeVisible();
  await expectAccessible(page);
  await page.reload();
  await expect(page.getByText("No drawings yet")).toBeVisible();
});

test("the form shows the selected digit of a number and its position", async ({ drawPage, page }) => {
  await drawPage.open();
  await drawPage.drawNumber("47");
  await expect(drawPage.prediction).toHaveAttribute("data-number", "47");
  await page.getByRole("button", { name: "Wrong? Correct it" }).click();
  const panel = page.getByTestId("correction-form");
  await expect(panel.getByRole("heading", { name: "Which digit is the second digit?" })).toBeVisible();
  await drawPage.prediction.getByRole("button", { name: /^4, / }).click();
  await expect(panel.getByRole("heading", { name: "Which digit is the first digit?" })).toBeVisible();
  const pixelsOf = (image: Locator) => image.evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  expect(await pixelsOf(panel.getByRole("img"))).toBe(await pixelsOf(drawPage.prediction.getByRole("img")));
  await expectAccessible(page);
  await label(page, "4");
  await expect(panel.getByText("the first digit is a 4, and the prediction was correct.")).toBeVisible();
  await panel.getByRole("link", { name: "Mistakes" }).click();
  await expect(page.getByRole("row", { name: "4 1 1 100%" })).toBeVisible();
});

test("the form does not show a label that was deleted on the mistakes page", async ({ drawPage, page }) => {
  await drawPage.open();
  await drawPage.drawDigit(3);
  await label(page, "8");
  await navigate(page, "Mistakes");
  await page.getByRole("button", { name: /^Delete: label 8/ }).click();
  await expect(page.getByTestId("labelled-drawing")).toHaveCount(0);
  await navigate(page, "Draw");
  await drawPage.expectState("settled");
  await page.getByRole("button", { name: "Wrong? Correct it" }).click();
  await expect(page.getByTestId("correction-form").locator("[aria-pressed=true]")).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Remove correction" })).toBeHidden();
});

test("deletions are undone in reverse order", async ({ drawPage, page }) => {
  await drawPage.open();
  for (const digit of [2, 3, 7]) {
    await drawPage.drawDigit(digit);
    await label(page, "0");
    await scrollToCanvas(page);
    await drawPage.clear.click();
  }
  await page.getByRole("navigation").getByRole("link", { name: "Mistakes" }).click();
  await page.getByRole("button", { name: "Delete: label 0, prediction 2" }).click();
  await expect(page.getByText("One drawing deleted.")).toBeVisible();
  await page.getByRole("button", { name: "Delete all" }).click();
  await page.getByRole("button", { name: "Yes, delete" }).click();
  await expect(page.getByText("2 drawings deleted.")).toBeVisible();
  const undo = page.getByRole("button", { name: "Undo" });
  await undo.click();
  await expect(page.getByText("2 drawings restored.")).toBeVisible();
  await expect(page.getByTestId("labelled-drawing")).toHaveCount(2);
  await undo.click();
  await expect(page.getByText("One drawing restored.")).toBeVisible();
  await expect(page.getByTestId("labelled-drawing")).toHaveCount(3);
  await expect(undo).toBeHidden();
});

test("a label can be removed", async ({ drawPage, page }) => {
  await drawPage.open();
  await drawPage.drawDigit(2);
  await label(page, "1");
  await page.getByRole("button", { name: "Remove correction" }).click();
  await expect(page.getByText("Correction removed.")).toBeVisible();
  await page.goto("/mistakes");
  await expect(page.getByText("No drawings yet")).toBeVisible();
});

test("a label is kept after navigation and a reload, and can be changed", async ({ drawPage, page }) => {
  await drawPage.open();
  await drawPage.drawDigit(3);
  await label(page, "8");
  await navigate(page, "Mistakes");
  await expect(page.getByTestId("labelled-drawing")).toHaveCount(1);
  await navigate(page, "Draw");
  await drawPage.expectState("settled");
  await label(page, "5");
  await page.reload();
  await drawPage.expectState("settled");
  await page.getByRole("button", { name: "Wrong? Correct it" }).click();
  const choice = (name: string) =>
    page.getByTestId("correction-form").getByRole("button", { name, exact: true });
  await expect(choice("5")).toHaveAttribute("aria-pressed", "true");
  // The button is not stretched to the width of the form.
  const { width } = (await page.getByRole("button", { name: "Remove correction" }).boundingBox())!;
  expect(width).toBeLessThan(200);
  await navigate(page, "Mistakes");
  await expect(page.getByRole("row", { name: "All 1 0 0%" })).toBeVisible();
  await navigate(page, "Draw");
  await drawPage.expectState("settled");
  await label(page, "3");
  await expect(choice("5")).toHaveAttribute("aria-pressed", "false");
  await page.getByTestId("correction-form").getByRole("link", { name: "Mistakes" }).click();
  await expect(page.getByRole("row", { name: "All 1 1 100%" })).toBeVisible();
});

test("without browser storage, the page says so and still predicts", async ({ drawPage, page }) => {
  await page.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException("denied", "SecurityError");
    };
  });
  await drawPage.open();
  await drawPage.drawDigit(2);
  await chooseLabel(page, "4");
  await expect(page.getByText(/This browser stores no data for this site/)).toBeVisible();
  await expect(drawPage.prediction).toHaveAttribute("data-digit", "2");
  await page.goto("/mistakes");
  await expect(page.getByText(/This browser stores no data for this site/)).toBeVisible();
});

test("damaged records are named and can be deleted; other drawings are shown", async ({ page }) => {
  await page.goto("/mistakes");
  await expect(page.getByText("No drawings yet")).toBeVisible();
  await page.evaluate(async () => {
    const request = indexedDB.open("digits-feedback");
    const database = await new Promise<IDBDatabase>((resolve) => {
      request.onsuccess = () => resolve(request.result);
    });
    const transaction = database.transaction("drawings", "readwrite");
    const drawings = transaction.objectStore("drawings");
    const when = "2026-01-02T03:04:05.678Z";
    const release = "0123456789abcdef";
    const pixels = new Uint8Array(784);
    drawings.put({ id: "a", when, truth: 4, read: 2, confidence: 0.75, release, pixels, strokes: [] }, "a");
    drawings.put({}, "b");
    drawings.put(null, 7);
    await new Promise((resolve) => {
      transaction.oncomplete = resolve;
    });
    database.close();
  });
  await page.reload();
  await expect(page.getByTestId("labelled-drawing")).toHaveCount(1);
  await expect(page.getByText("2 stored drawings are damaged and cannot be shown.")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Delete what is damaged" }).click();
  await expect(page.getByText("2 damaged drawings deleted.")).toBeVisible();
  await page.reload();
  await expect(page.getByTestId("labelled-drawing")).toHaveCount(1);
  await expect(page.getByTestId("damaged-drawings")).toBeHidden();
});

test("a storage that never answers is named", async ({ page }) => {
  await page.clock.install();
  await page.addInitScript(() => {
    IDBFactory.prototype.open = () => new EventTarget() as IDBOpenDBRequest;
  });
  await page.goto("/mistakes");
  await expect(page.getByText("Loading your drawings…")).toBeVisible();
  await page.clock.runFor(10_000);
  await expect(page.getByText(/The browser’s storage does not answer/)).toBeVisible();
});

test("without free storage, the page says so", async ({ drawPage, page }) => {
  await page.addInitScript(() => {
    IDBObjectStore.prototype.put = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
  });
  await drawPage.open();
  await drawPage.drawDigit(2);
  await chooseLabel(page, "4");
  await expect(page.getByText(/The storage is full/)).toBeVisible();
});
