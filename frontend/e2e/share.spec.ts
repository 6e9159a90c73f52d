import type { Page } from "@playwright/test";
import { encodeStrokes } from "../src/lib/ink/link";
import { expect, test } from "./site";

test.use({ permissions: ["clipboard-read", "clipboard-write"] });

const share = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();

test("a link carries the drawing, and nothing is uploaded", async ({ drawPage, page, context, baseURL }) => {
  await drawPage.open();
  await expect(page.getByRole("button", { name: "Share" })).toBeDisabled();
  await drawPage.drawDigit(7, 1);
  const ink = await drawPage.inkedShare();
  const asked: string[] = [];
  context.on("request", (request) => asked.push(request.url()));
  await share(page, "Share");
  await share(page, "Copy link");
  await expect(page.getByText("nothing was uploaded")).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link.startsWith(`${baseURL}/#ink=`)).toBe(true);
  expect(asked.filter((url) => !url.startsWith(`${baseURL}/_next/static/`))).toEqual([]);

  const other = await context.newPage();
  await other.goto(link);
  const prediction = other.getByTestId("prediction");
  await expect(prediction).toHaveAttribute("data-state", "settled");
  await expect(prediction).toHaveAttribute("data-number", "7");
  expect(other.url()).toBe(`${baseURL}/`);
  // What follows the # is sent to nobody.
  const sent = asked.map((url) => url.split("#")[0]);
  expect(sent).toContain(`${baseURL}/`);
  expect(sent.join()).not.toContain(link.split("=")[1]);
  await other.close();

  // In the page that is open already, too; undo brings back what was there.
  await drawPage.clear.click();
  await drawPage.drawDigit(3);
  await page.evaluate((hash) => (location.hash = hash), new URL(link).hash);
  await expect(drawPage.prediction).toHaveAttribute("data-number", "7");
  await drawPage.expectState("settled");
  expect(Math.abs((await drawPage.inkedShare()) / ink - 1)).toBeLessThan(0.02);
  await page.keyboard.press("Control+z");
  await expect(drawPage.prediction).toHaveAttribute("data-number", "3");
});

for (const hash of ["#ink=", "#ink=AQ", "#ink=<img src=x onerror=alert(1)>", `#ink=${"A".repeat(50_000)}`]) {
  test(`a damaged link says so: ${hash.slice(0, 24)}`, async ({ drawPage, page }) => {
    await page.goto(`/${hash}`);
    await drawPage.expectState("empty");
    await expect(page.getByText("The drawing in this link is damaged")).toBeVisible();
    await drawPage.drawDigit(1);
    await expect(drawPage.prediction).toHaveAttribute("data-number", "1");
    await expect(page.getByText("The drawing in this link is damaged")).toBeHidden();
  });
}

test("a damaged link over ink says so, until the sheet changes", async ({ drawPage, page }) => {
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

test("a link that would be too long is not given", async ({ drawPage, page }) => {
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

test("a picture on the paper is sent as one; no link is given to it", async ({ drawPage, page }) => {
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

test("a picture is prepared once, and the page says so", async ({ drawPage, page }) => {
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

test("a second press while the share sheet is open is no failure", async ({ drawPage, page }) => {
  await page.addInitScript(() => {
    let presses = 0;
    const share = () => {
      presses++;
      document.documentElement.dataset.presses = String(presses);
      if (presses === 1) return new Promise(() => {});
      return Promise.reject(
        new DOMException("a share is pending", presses === 2 ? "InvalidStateError" : "DataError"),
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
  await expect(page.locator("html")).toHaveAttribute("data-presses", "2");
  await expect(failed).toBeHidden();
  await share(page, "Send…");
  await expect(failed).toBeVisible();
});

test("what can be neither copied nor saved is said to be neither", async ({ drawPage, page }) => {
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

test("where pages cannot copy pictures, it is saved as a file", async ({ drawPage, page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(navigator, "clipboard", { value: undefined });
  });
  await drawPage.open();
  await drawPage.drawDigit(5);
  await share(page, "Share");
  const [download] = await Promise.all([page.waitForEvent("download"), share(page, "Copy picture")]);
  expect(download.suggestedFilename()).toBe("ink-to-digit.png");
  await expect(page.getByText("saved as a file")).toBeVisible();
  // And the link can be copied by hand.
  await share(page, "Copy link");
  const link = page.getByLabel("Link to this drawing");
  await expect(link).toHaveValue(/\/#ink=[\w-]+$/);
  // It is no link to the next drawing.
  await drawPage.draw([
    [
      [20, 80],
      [50, 80],
      [80, 80],
    ],
  ]);
  await expect(link).toBeHidden();
});

test("where the browser can share, it is asked to", async ({ drawPage, page }) => {
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
