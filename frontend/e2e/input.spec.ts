import { writeFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import type { Page } from "@playwright/test";
import { SHAPES } from "../src/lib/ink/testing/shapes";
import { expect, expectAccessible, nextFrame, test } from "./site";

/** Appearance of a test picture. */
interface Appearance {
  readonly digits: readonly number[];
  readonly width?: number;
  readonly height?: number;
  readonly type?: "image/png" | "image/jpeg" | "image/webp";
  readonly background?: string;
  readonly ink?: string;
  readonly ruled?: boolean;
  readonly shadow?: boolean;
}

/** The bytes of a base64 data URL. */
const decode = (url: string) => Buffer.from(url.slice(url.indexOf(",") + 1), "base64");

/** Draw digits side by side on a canvas in the browser and encode the picture. */
async function picture(page: Page, look: Appearance): Promise<Buffer> {
  const strokes = look.digits.map((digit) => SHAPES[digit]![0]!.strokes);
  const url = await page.evaluate(
    ({ strokes, look }) => {
      const { width = 640, height = 480 } = look;
      // `toDataURL` encodes at once. `toBlob` and `convertToBlob` wait for idle time.
      const canvas = Object.assign(document.createElement("canvas"), { width, height });
      const context = canvas.getContext("2d")!;
      context.fillStyle = look.background ?? "#f2efe8";
      context.fillRect(0, 0, width, height);
      if (look.ruled) {
        context.fillStyle = "#8fa6c4";
        for (let y = 20; y < height; y += height / 14)
          context.fillRect(0, y, width, Math.max(2, height / 240));
      }
      const cell = width / strokes.length;
      const side = 0.7 * Math.min(cell, height);
      context.strokeStyle = look.ink ?? "#22304f";
      context.lineWidth = side / 14;
      context.lineCap = context.lineJoin = "round";
      strokes.forEach((digit, i) => {
        const [left, top] = [i * cell + (cell - side) / 2, (height - side) / 2];
        for (const stroke of digit) {
          context.beginPath();
          for (const [x, y] of stroke) context.lineTo(left + (x / 100) * side, top + (y / 100) * side);
          context.stroke();
        }
      });
      if (look.shadow) {
        const shade = context.createLinearGradient(0, 0, width, height);
        shade.addColorStop(0, "rgb(0 0 0 / 0)");
        shade.addColorStop(1, "rgb(0 0 0 / 55%)");
        context.fillStyle = shade;
        context.fillRect(0, 0, width, height);
      }
      return canvas.toDataURL(look.type ?? "image/png", 0.7);
    },
    { strokes, look },
  );
  return decode(url);
}

/** A black PNG of one bit per pixel: 20,000² pixels are 49 kB. */
function blackPng(side: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = 1;
  const rows = Buffer.alloc(side * (1 + Math.ceil(side / 8)));
  const chunk = (type: string, data: Buffer) => {
    const content = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    checksum.writeUInt32BE(crc32(content));
    return Buffer.concat([length, content, checksum]);
  };
  const signature = Buffer.from("89504e470d0a1a0a", "hex");
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function crc32(data: Buffer): number {
  let crc = -1;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** Add EXIF orientation 6 to a JPEG: viewers rotate it by 90° clockwise. */
function withRotation(jpeg: Buffer): Buffer {
  const tiff = Buffer.from("4d4d002a000000080001011200030000000100060000000000000000", "hex");
  const body = Buffer.concat([Buffer.from("Exif\0\0", "latin1"), tiff]);
  const head = Buffer.from([0xff, 0xe1, (body.length + 2) >> 8, (body.length + 2) & 255]);
  return Buffer.concat([jpeg.subarray(0, 2), head, body, jpeg.subarray(2)]);
}

async function openInputMethods(page: Page) {
  await page.getByRole("button", { name: "Other input" }).click();
  await expect(page.getByRole("heading", { name: "Other input" })).toBeAttached();
}

async function choose(page: Page, buffer: Buffer, mimeType = "image/png", name = "digit") {
  await page.getByLabel("Choose a picture").setInputFiles({ name, mimeType, buffer });
}

async function filledSquares(page: Page): Promise<number> {
  return page.getByTestId("grid").evaluate((grid) => {
    const copy = new OffscreenCanvas(28, 28).getContext("2d")!;
    copy.drawImage(grid.querySelector("canvas")!, 0, 0);
    const { data } = copy.getImageData(0, 0, 28, 28);
    return data.filter((value, i) => i % 4 === 3 && value > 0).length;
  });
}

test.describe("a chosen picture", () => {
  test("is recognized in different colours, sizes, formats and orientations", async ({ drawPage, page }) => {
    const pictures: Record<string, Appearance> = {
      "dark on light": { digits: [5] },
      "light on dark": { digits: [5], background: "#20302a", ink: "#e8e8e0" },
      "on ruled paper in a shadow, JPEG": { digits: [5], ruled: true, shadow: true, type: "image/jpeg" },
      "twelve megapixels": { digits: [5], width: 4000, height: 3000, type: "image/jpeg" },
      "tiny, WebP": { digits: [5], width: 40, height: 30, type: "image/webp" },
    };
    const success = page.getByText("One digit found in the picture.");
    await drawPage.open();
    await openInputMethods(page);
    const expectRecognized = (name: string, buffer: Buffer, number: string, type?: string) =>
      test.step(name, async () => {
        await choose(page, buffer, type);
        await expect(success).toBeVisible();
        await drawPage.expectState("settled");
        await expect(drawPage.prediction).toHaveAttribute("data-number", number);
        expect(await drawPage.inkCoverage()).toBeGreaterThan(0.005);
        await drawPage.clear.click();
        await expect(success).toBeHidden();
      });
    for (const [name, look] of Object.entries(pictures))
      await expectRecognized(name, await picture(page, look), "5", look.type);

    // This 7 is stored on its side and is recognized only if its EXIF orientation is applied.
    const upright = await picture(page, { digits: [7], width: 480, height: 480 });
    const lying = await page.evaluate(
      async (bytes) => {
        const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: "image/png" }));
        const canvas = Object.assign(document.createElement("canvas"), { width: 480, height: 480 });
        const context = canvas.getContext("2d")!;
        context.translate(0, 480);
        context.rotate(-Math.PI / 2);
        context.drawImage(bitmap, 0, 0);
        return canvas.toDataURL("image/jpeg");
      },
      [...upright],
    );
    await expectRecognized("rotated by EXIF", withRotation(decode(lying)), "7", "image/jpeg");
  });

  test("with several digits is recognized as a number, and undo restores the previous drawing", async ({
    drawPage,
    page,
  }) => {
    await drawPage.open();
    await drawPage.drawDigit(2);
    await openInputMethods(page);
    await choose(page, await picture(page, { digits: [3, 0, 7], width: 900, height: 400 }));
    await expect(page.getByText("3 digits found in the picture.")).toBeVisible();
    await expect(drawPage.prediction).toHaveAttribute("data-number", "307");
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(drawPage.prediction).toHaveAttribute("data-number", "2");
    await expect(page.getByText("3 digits found in the picture.")).toBeHidden();
  });

  test("without recognizable digits keeps the drawing, and the page says why until the drawing changes", async ({
    drawPage,
    page,
  }, testInfo) => {
    await drawPage.open();
    await drawPage.drawDigit(2);
    await openInputMethods(page);
    const status = page.getByRole("status");
    await choose(page, Buffer.from("hello"), "text/plain", "notes.txt");
    await expect(status.filter({ hasText: "This file is not a picture." })).toBeVisible();
    await choose(page, (await picture(page, { digits: [5] })).subarray(0, 60));
    await expect(status.filter({ hasText: "This browser cannot open the picture" })).toBeVisible();
    await choose(page, await picture(page, { digits: [] }));
    await expect(status.filter({ hasText: "No ink was found in the picture" })).toBeVisible();
    const huge = testInfo.outputPath("huge.png");
    writeFileSync(huge, Buffer.alloc(60_000_001));
    await page.getByLabel("Choose a picture").setInputFiles(huge);
    await expect(status.filter({ hasText: "larger than 60 MB" })).toBeVisible();
    await choose(page, blackPng(20_000));
    await expect(status.filter({ hasText: "more than 64 million pixels" })).toBeVisible();
    const many = Array.from({ length: 16 }, (_, i) => i % 10);
    await choose(page, await picture(page, { digits: many, width: 1800, height: 300 }));
    await expect(status.filter({ hasText: "There is too much in the picture" })).toBeVisible();
    await expect(drawPage.prediction).toHaveAttribute("data-number", "2");
    await page.evaluate(() => scrollTo(0, 0));
    await drawPage.drawDigit(2);
    await expect(page.getByText("There is too much in the picture")).toBeHidden();
  });
});

test("a picture that is pasted or dropped on the page is recognized", async ({ drawPage, page }) => {
  await drawPage.open();
  const pasted = [...(await picture(page, { digits: [8] }))];
  await page.evaluate((data) => {
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([new Uint8Array(data)], "image.png", { type: "image/png" }));
    dispatchEvent(new ClipboardEvent("paste", { clipboardData }));
  }, pasted);
  await expect(drawPage.prediction).toHaveAttribute("data-number", "8");

  const dropped = [...(await picture(page, { digits: [6] }))];
  const drag = (type: "dragover" | "drop") =>
    page.evaluate(
      ([name, data]) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([new Uint8Array(data)], "image.png", { type: "image/png" }));
        const event = new DragEvent(name, { dataTransfer, bubbles: true, cancelable: true });
        document.querySelector("h1")!.dispatchEvent(event);
        return event.defaultPrevented;
      },
      [type, dropped] as const,
    );
  expect(await drag("dragover")).toBe(true);
  await expect(page.getByText("Drop the picture to recognize it")).toBeVisible();
  expect(await drag("drop")).toBe(true);
  await expect(page.getByText("Drop the picture to recognize it")).toBeHidden();
  await expect(drawPage.prediction).toHaveAttribute("data-number", "6");
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test("a photograph is recognized", async ({ drawPage, page }) => {
    await drawPage.open();
    await openInputMethods(page);
    const camera = page.getByLabel("Take a photograph");
    await expect(camera).toHaveAttribute("capture", "environment");
    await camera.setInputFiles({
      name: "photo.jpg",
      mimeType: "image/jpeg",
      buffer: await picture(page, { digits: [4] }),
    });
    await expect(drawPage.prediction).toHaveAttribute("data-number", "4");
  });
});

test("an example replaces the drawing and is predicted, and the star is rejected", async ({
  drawPage,
  page,
}) => {
  await drawPage.open();
  await openInputMethods(page);
  const numbers = ["0", "1", "2", "3", "4", "4", "5", "6", "7", "7", "8", "9", "42"];
  const examples = page.getByRole("list", { name: "Examples" }).getByRole("button");
  for (const [i, number] of numbers.entries()) {
    await examples.nth(i).click();
    await expect(drawPage.prediction).toHaveAttribute("data-number", number);
    await drawPage.expectState("settled");
    await expect(drawPage.prediction).toHaveAttribute("data-rejected", "false");
  }
  // The other examples are not digits. The model may accept some of them, but the drawing changes each time.
  let ink = await drawPage.inkCoverage();
  for (const example of (await examples.all()).slice(numbers.length)) {
    await example.click();
    await expect.poll(() => drawPage.inkCoverage()).not.toBe(ink);
    await drawPage.expectState("settled");
    ink = await drawPage.inkCoverage();
  }
  await page.getByRole("button", { name: "A star" }).click();
  await expect(drawPage.prediction).toHaveAttribute("data-rejected", "true");
  await expect(drawPage.prediction.getByText("Probably not a digit", { exact: true })).toBeVisible();
});

test.describe("the pixel grid", () => {
  test("is painted with the keyboard and recognized", async ({ drawPage, page }) => {
    await drawPage.open();
    await openInputMethods(page);
    const grid = page.getByTestId("grid");
    await grid.focus();
    // Move from the middle to the top left of a 7. Paint its bar, then its stem.
    for (let i = 0; i < 10; i++) await page.keyboard.press("ArrowUp");
    for (let i = 0; i < 6; i++) await page.keyboard.press("ArrowLeft");
    for (let i = 0; i < 11; i++) await page.keyboard.press("Shift+ArrowRight");
    for (let i = 0; i < 8; i++) {
      await page.keyboard.press("Shift+ArrowDown");
      await page.keyboard.press("Shift+ArrowDown");
      if (i < 6) await page.keyboard.press("Shift+ArrowLeft");
    }
    await expect(page.getByText(/^Row 21, column 14, filled$/)).toBeAttached();
    await expect(drawPage.prediction).toHaveAttribute("data-number", "7");

    await page.keyboard.press(" ");
    await expect(page.getByText(/^Row 21, column 14, empty$/)).toBeAttached();
    await page.keyboard.press("Delete");
    await expect(page.getByText("Grid cleared")).toBeAttached();
    // Clearing the grid does not clear the drawing.
    await expect(drawPage.prediction).toHaveAttribute("data-number", "7");
    // Shift+Home and Shift+End paint to the edge.
    await page.keyboard.press("Home");
    for (let i = 0; i < 14; i++) await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Shift+End");
    expect(await filledSquares(page)).toBe(14);
    await page.keyboard.press("Shift+Home");
    expect(await filledSquares(page)).toBe(28);
    await page.keyboard.press("Tab");
    await expect(grid).not.toBeFocused();
  });

  test("is painted with the mouse and recognized", async ({ drawPage, page }) => {
    await drawPage.open();
    await openInputMethods(page);
    const grid = page.getByTestId("grid");
    await grid.scrollIntoViewIfNeeded();
    const box = (await grid.boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height * 0.15);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height * 0.85);
    await page.mouse.up();
    await expect(drawPage.prediction).toHaveAttribute("data-number", "1");
  });

  test("has separate undo and redo, which announce the result", async ({ drawPage, page }) => {
    await drawPage.open();
    await drawPage.drawDigit(2);
    await drawPage.drawDigit(2);
    await page.getByRole("button", { name: "Undo" }).click();
    const ink = await drawPage.inkCoverage();
    await openInputMethods(page);
    await page.getByTestId("grid").focus();
    for (const keys of ["Control+Shift+z", "Control+y", "Control+z"]) {
      await page.keyboard.press(keys);
      expect(await drawPage.inkCoverage(), keys).toBe(ink);
    }
    await page.keyboard.press(" ");
    for (const redo of ["Control+Shift+z", "Control+y"]) {
      await page.keyboard.press("Control+z");
      await expect(page.getByText("Undone, 0 squares filled")).toBeAttached();
      expect(await filledSquares(page)).toBe(0);
      await page.keyboard.press(redo);
      await expect(page.getByText("Redone, one square filled")).toBeAttached();
      expect(await filledSquares(page)).toBe(1);
    }
  });

  test.describe("on a touch screen", () => {
    test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

    test("is painted with one finger, and a second finger cancels the stroke and zooms", async ({
      drawPage,
      page,
    }) => {
      await page.clock.install();
      await drawPage.open();
      await openInputMethods(page);
      const grid = page.getByTestId("grid");
      const scrollToGrid = () => grid.evaluate((squares) => squares.scrollIntoView({ block: "center" }));
      await scrollToGrid();
      const box = (await grid.boundingBox())!;
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      const session = await page.context().newCDPSession(page);
      const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...across: number[]) =>
        session.send("Input.dispatchTouchEvent", {
          type,
          touchPoints: across.map((dx, id) => ({ x: x + dx, y, id })),
        });
      const zoom = () => page.evaluate(() => visualViewport!.scale);

      await touch("touchStart", -20);
      for (const dx of [-10, 0, 10]) await touch("touchMove", dx);
      await touch("touchEnd");
      const painted = await filledSquares(page);
      expect(painted).toBeGreaterThan(1);
      await drawPage.expectState("settled");
      await drawPage.clear.click();
      await scrollToGrid();

      await touch("touchStart", 60);
      await touch("touchMove", 50);
      expect(await filledSquares(page)).toBeGreaterThan(painted);
      await touch("touchStart", 50, -50);
      for (const apart of [60, 80, 100, 120, 140]) await touch("touchMove", apart, -apart);
      await touch("touchEnd");
      expect(await filledSquares(page)).toBe(painted);
      await expect.poll(zoom).toBeGreaterThan(1.5);
      // The restored squares are not predicted again.
      await page.clock.runFor(1_000);
      await nextFrame(page);
      await drawPage.expectState("empty");
    });
  });
});

test("a picture and painted squares are kept after a reload", async ({ drawPage, page }) => {
  await drawPage.open();
  await openInputMethods(page);
  await choose(page, await picture(page, { digits: [3, 0, 7], width: 900, height: 400 }));
  await expect(drawPage.prediction).toHaveAttribute("data-number", "307");
  const ink = await drawPage.inkCoverage();
  await page.reload();
  await expect(drawPage.prediction).toHaveAttribute("data-number", "307");
  expect(await drawPage.inkCoverage()).toBeCloseTo(ink, 3);

  await openInputMethods(page);
  await page.getByTestId("grid").focus();
  await page.keyboard.press("Shift+PageDown");
  await page.keyboard.press("Shift+PageUp");
  await expect(drawPage.prediction).toHaveAttribute("data-number", "1");
  await page.reload();
  await expect(drawPage.prediction).toHaveAttribute("data-number", "1");
});

test("the input methods are accessible without and with a picture", async ({ drawPage, page }) => {
  await drawPage.open();
  await openInputMethods(page);
  await expectAccessible(page);
  await choose(page, await picture(page, { digits: [5] }));
  await drawPage.expectState("settled");
  await expectAccessible(page);
});
