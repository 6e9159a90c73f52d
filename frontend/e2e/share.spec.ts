import type { Page } from "@playwright/test";
import { encodeStrokes } from "../src/lib/ink/link";
import { expect, test } from "./site";

test.use({ permissions: ["clipboard-read", "clipboard-write"] });

const share = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();

test("a link contains the drawing, and nothing is uploaded", async ({ drawPage, page, context, baseURL }) => {
  await drawPage.open();
  await expect(page.getByRole("button", { name: "Share" })).toBeDisabled();
  await drawPage.drawDigit(7, 1);
  const ink = await drawPage.inkCoverage();
  const requests: string[] = [];
  context.on("request", (request) => requests.push(request.url()));
  await share(page, "Share");
  await share(page, "Copy link");
  await expect(page.getByText("nothing was uploaded")).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link.startsWith(`${baseURL}/#ink=`)).toBe(true);
  expect(requests.filter((url) => !url.startsWith(`${baseURL}/_next/static/`))).toEqual([]);

  const other = await context.newPage();
  await other.goto(link);
  const prediction = other.getByTestId("prediction");
  await expect(prediction).toHaveAttribute("data-state", "settled");
  await expect(prediction).toHaveAttribute("data-number", "7");
  expect(other.url()).toBe(`${baseURL}/`);
  // Browsers do not send the URL fragment.
  const sent = requests.map((url) => url.split("#")[0]);
  expect(sent).toContain(`${baseURL}/`);
  expect(sent.join()).not.toContain(link.split("=")[1]);
  await other.close();

  // The link also opens in a page with a drawing, which undo restores.
  await drawPage.clear.click();
  await drawPage.drawDigit(3);
  await page.evaluate((hash) => (location.hash = hash), new URL(link).hash);
  await expect(drawPage.prediction).toHaveAttribute("data-number", "7");
  await drawPage.expectState("settled");
  expect(Math.abs((await drawPage.inkCoverage()) / ink - 1)).toBeLessThan(0.02);
  await page.keyboard.press("Control+z");
  await expect(drawPage.prediction).toHaveAttribute("data-number", "3");
});

for (const hash of ["#ink=", "#ink=AQ", "#ink=<img src=x onerror=alert(1)>", `#ink=${"A".repeat(50_000)}`]) {
  test(`a damaged link shows an error: ${hash.slice(0, 24)}`, async ({ drawPage, page }) => {
    await page.goto(`/${hash}`);
    await drawPage.expectState("empty");
    await expect(page.getByText("The drawing in this link is damaged")).toBeVisible();
    await drawPage.drawDigit(1);
    await expect(drawPage.prediction).toHaveAttribute("data-number", "1");
    await expect(page.getByText("The drawing in this link is damaged")).toBeHidden();
  });
}

test("the error of a damaged link is shown until the drawing changes", async ({ drawPage, page }) => {
  const alert = page.getByText("The drawing in this link is damaged");
  await drawPage.open();
  await drawPage.drawDigit(1);
  await page.evaluate(() => (location.hash = "#ink=AQ"));
  await expect(alert).toBeVisible();
  await expect(drawPage.prediction).toHaveAttribute("data-number", "1");
  await drawPage.clear.click();
  await drawPage.expectState("empty");
  await expect(alert).toBeHidden();
});

test("a drawing that is too large for a link is not copied", async ({ drawPage, page }) => {
  const dot = (i: number) => [{ x: 0.75 + 0.2 * Math.sin(i), y: 0.5 + 0.4 * Math.cos(i * 1.7) }];
  const dots = Array.from({ length: 2000 }, (_, i) => dot(i));
  while (encodeStrokes(dots) === null) dots.pop();
  await page.goto(`/#ink=${encodeStrokes(dots)}`);
  await drawPage.expectState("settled");
  await share(page, "Share");
  await share(page, "Copy link");
  await expect(page.getByText("nothing was uploaded")).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  await drawPage.drawDigit(1);
  await share(page, "Copy link");
  await expect(page.getByText("This drawing is too large for a link.")).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(link);
});

test("a picture on the canvas is shared as an image and has no link", async ({ drawPage, page }) => {
  await page.addInitScript(() => {
    Object.assign(navigator, {
      share: ({ files }: ShareData) =>
        Promise.resolve(void Object.assign(window, { shared: files?.map(({ name, type }) => [name, type]) })),
    });
  });
  await drawPage.open();
  await drawPage.drawDigit(3);
  const buffer = await drawPage.canvas.screenshot();
  await page.getByRole("button", { name: "Other input" }).click();
  await page.getByLabel("Choose a picture").setInputFiles({ name: "digit", mimeType: "image/png", buffer });
  await expect(page.getByText("One digit found in the picture.")).toBeVisible({ timeout: 20_000 });
  await drawPage.expectState("settled");
  await share(page, "Share");
  await share(page, "Copy link");
  await expect(page.getByText("A link can only contain a drawing made with the pen.")).toBeVisible();
  await share(page, "Send…");
  await expect
    .poll(() => page.evaluate(() => (window as unknown as { shared?: string[][] }).shared))
    .toEqual([["ink-to-digit.png", "image/png"]]);
});

test("a picture is encoded without waiting for idle time", async ({ drawPage, page }) => {
  // A busy page may have no idle time. Chromium's toBlob, and its convertToBlob outside of workers, wait for it.
  await page.addInitScript(() => {
    HTMLCanvasElement.prototype.toBlob = () => {};
    OffscreenCanvas.prototype.convertToBlob = () => new Promise(() => {});
    window.requestIdleCallback = () => 0;
  });
  await drawPage.open();
  await drawPage.drawDigit(5);
  await share(page, "Share");
  await share(page, "Copy picture");
  await expect(page.getByText("Picture copied.")).toBeVisible();
});

test("repeated clicks prepare one picture, and the page shows its progress", async ({ drawPage, page }) => {
  await page.addInitScript(() => {
    const written: ClipboardItem[] = [];
    navigator.clipboard.write = async (items) => {
      written.push(...items);
      await new Promise((resolve) => addEventListener("release", resolve, { once: true }));
    };
    Object.assign(window, { written });
  });
  await drawPage.open();
  await drawPage.drawDigit(5);
  await share(page, "Share");
  const copy = page.getByRole("button", { name: "Copy picture" });
  await copy.click();
  await expect(page.getByRole("status").getByText("Preparing the picture…")).toBeVisible();
  await expect(copy).toHaveAttribute("aria-disabled", "true");
  await copy.press("Enter");
  await page.evaluate(() => dispatchEvent(new Event("release")));
  await expect(page.getByText("Picture copied.")).toBeVisible();
  await expect(copy).toHaveAttribute("aria-disabled", "false");
  expect(await page.evaluate(() => (window as unknown as { written: unknown[] }).written)).toHaveLength(1);
});

test("a second click while the share sheet is open shows no error", async ({ drawPage, page }) => {
  await page.addInitScript(() => {
    let clicks = 0;
    const share = () => {
      clicks++;
      document.documentElement.dataset.clicks = String(clicks);
      if (clicks === 1) return new Promise(() => {});
      return Promise.reject(
        new DOMException("a share is pending", clicks === 2 ? "InvalidStateError" : "DataError"),
      );
    };
    Object.assign(navigator, { share });
  });
  await drawPage.open();
  await drawPage.drawDigit(5);
  await share(page, "Share");
  const failed = page.getByText("Sending failed.");
  await share(page, "Send…");
  await share(page, "Send…");
  await expect(page.locator("html")).toHaveAttribute("data-clicks", "2");
  await expect(failed).toBeHidden();
  await share(page, "Send…");
  await expect(failed).toBeVisible();
});

test("if a picture can be neither copied nor saved, the page says so", async ({ drawPage, page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(navigator, "clipboard", { value: undefined });
    URL.createObjectURL = () => {
      throw new Error("no room");
    };
  });
  await drawPage.open();
  await drawPage.drawDigit(5);
  await share(page, "Share");
  await share(page, "Copy picture");
  await expect(page.getByText("The picture could not be copied or saved.")).toBeVisible();
});

test("the drawing is copied as a picture", async ({ drawPage, page }) => {
  await drawPage.open();
  await drawPage.drawDigit(5);
  await share(page, "Share");
  await share(page, "Copy picture");
  await expect(page.getByText("Picture copied.")).toBeVisible();
  const { width, height, dark } = await page.evaluate(async () => {
    const [item] = await navigator.clipboard.read();
    const picture = await createImageBitmap(await item!.getType("image/png"));
    const context = new OffscreenCanvas(picture.width, picture.height).getContext("2d")!;
    context.drawImage(picture, 0, 0);
    const { data } = context.getImageData(0, 0, picture.width, picture.height);
    let dark = 0;
    for (let i = 0; i < data.length; i += 4) if (data[i]! < 100) dark++;
    return { width: picture.width, height: picture.height, dark: dark / (picture.width * picture.height) };
  });
  expect(width / height).toBeCloseTo(1200 / 912, 2);
  expect(dark).toBeGreaterThan(0.02);
  expect(dark).toBeLessThan(0.3);
});

test("without clipboard access, the picture is saved as a file and the link is shown", async ({
  drawPage,
  page,
}) => {
  await page.addInitScript(() => {
    Object.defineProperty(navigator, "clipboard", { value: undefined });
  });
  await drawPage.open();
  await drawPage.drawDigit(5);
  await share(page, "Share");
  const [download] = await Promise.all([page.waitForEvent("download"), share(page, "Copy picture")]);
  expect(download.suggestedFilename()).toBe("ink-to-digit.png");
  await expect(page.getByText("saved as a file")).toBeVisible();
  // The link can be copied manually.
  await share(page, "Copy link");
  const link = page.getByLabel("Link to this drawing");
  await expect(link).toHaveValue(/\/#ink=[\w-]+$/);
  // The link is hidden when the drawing changes.
  await drawPage.draw([
    [
      [20, 80],
      [50, 80],
      [80, 80],
    ],
  ]);
  await expect(link).toBeHidden();
});

test("the link is shared with the Web Share API if available", async ({ drawPage, page }) => {
  await page.addInitScript(() => {
    Object.assign(navigator, {
      share: (data: ShareData) => Promise.resolve(void Object.assign(window, { shared: data })),
    });
  });
  await drawPage.open();
  await drawPage.drawDigit(2);
  await share(page, "Share");
  await share(page, "Send…");
  const shared = await page.evaluate(() => (window as unknown as { shared: ShareData }).shared);
  expect(shared.url).toMatch(/\/#ink=[\w-]+$/);
});
