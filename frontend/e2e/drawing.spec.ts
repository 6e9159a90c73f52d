import { expect, nextFrame, test } from "./site";

/** The names in the site's navigation. */
const PAGES = ["Draw", "Model", "Mistakes", "About"];

const TALL = [
  [
    [50, 10],
    [50, 50],
    [50, 90],
  ],
] as const;

const WIDE = [
  [
    [10, 50],
    [50, 50],
    [90, 50],
  ],
] as const;

test.beforeEach(({ drawPage }) => drawPage.open());

test("an empty canvas has no prediction, initially and after Clear", async ({ drawPage, page }) => {
  const expectBlank = async () => {
    await drawPage.expectState("empty");
    await expect(drawPage.prediction).toHaveAttribute("data-digit", "none");
    await expect(drawPage.prediction).toHaveAttribute("data-confidence", "0");
    await expect(page.getByText("Draw a digit here")).toBeVisible();
    expect(await drawPage.inkCoverage()).toBe(0);
  };
  await expectBlank();
  await expect(drawPage.clear).toBeDisabled();
  await page.keyboard.press("Delete");
  await expectBlank();
  await drawPage.drawDigit(3);
  await expect(page.getByText("Draw a digit here")).toBeHidden();
  await drawPage.clear.click();
  await expectBlank();
  // The page ignores a prediction for a drawing that was cleared meanwhile.
  await drawPage.draw(TALL);
  await drawPage.clear.click();
  await drawPage.worker()!.evaluate(() => null);
  await nextFrame(page);
  await expectBlank();
});

test("the prediction updates during a stroke and is announced when it is settled", async ({
  drawPage,
  page,
}) => {
  const announcement = page.getByRole("status");
  await expect(announcement).toBeEmpty();
  const [first, ...rest] = await drawPage.toPixels(TALL[0]);
  await page.mouse.move(...first!);
  await page.mouse.down();
  await drawPage.expectState("pending");
  for (const point of rest) await page.mouse.move(...point, { steps: 5 });
  await expect(drawPage.prediction).toHaveAttribute("data-digit", "1");
  await drawPage.expectState("pending");
  await expect(announcement).toBeEmpty();
  await page.mouse.up();
  await drawPage.expectState("settled");
  await expect(drawPage.prediction).toHaveAttribute("data-digit", "1");
  await expect(announcement).toHaveText(/^one, .*\d% confidence$/);
});

test("the prediction shows a confidence, ten probabilities and the 28 × 28 image", async ({ drawPage }) => {
  await drawPage.drawDigit(7, 1);
  const { prediction } = drawPage;
  await expect(prediction).toContainText("seven");
  const probabilities = await prediction.getByRole("listitem").allInnerTexts();
  expect(probabilities.map((text) => text.trim()[0])).toEqual([
    "0",
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "8",
    "9",
  ]);
  expect(probabilities[7]).toMatch(/\d%$/);
  const image = prediction.getByRole("img", { name: "Your drawing as 28 by 28 pixels" });
  const opaque = await image.evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, 28, 28);
    return Array.from({ length: 784 }, (_, i) => data[4 * i + 3]!).filter((value) => value === 255).length;
  });
  expect(opaque).toBeGreaterThan(10);
});

test("undo and redo work for each stroke, after Clear and with the keyboard", async ({ drawPage, page }) => {
  const undo = page.getByRole("button", { name: "Undo" });
  const redo = page.getByRole("button", { name: "Redo" });
  await drawPage.draw(TALL);
  await drawPage.expectState("settled");
  const one = await drawPage.inkCoverage();
  await drawPage.draw(WIDE);
  const cross = await drawPage.inkCoverage();
  expect(cross).toBeGreaterThan(1.5 * one);

  await undo.click();
  await drawPage.expectState("settled");
  await expect(drawPage.prediction).toHaveAttribute("data-digit", "1");
  expect(await drawPage.inkCoverage()).toBeCloseTo(one, 6);
  await redo.click();
  expect(await drawPage.inkCoverage()).toBeCloseTo(cross, 6);
  await expect(redo).toBeDisabled();

  await drawPage.clear.click();
  await undo.click();
  expect(await drawPage.inkCoverage()).toBeCloseTo(cross, 6);
  await undo.click();
  await undo.click();
  await drawPage.expectState("empty");
  await expect(undo).toBeDisabled();

  await drawPage.draw(TALL);
  await drawPage.expectState("settled");
  await page.keyboard.press("Control+z");
  await drawPage.expectState("empty");
  await page.keyboard.press("Control+Shift+z");
  await drawPage.expectState("settled");
  await page.keyboard.press("Control+z");
  await page.keyboard.press("Control+y");
  await drawPage.expectState("settled");
  await page.keyboard.press("Delete");
  await drawPage.expectState("empty");
  await page.keyboard.press("Control+z");
  await drawPage.expectState("settled");
});

test("the keyboard reaches the links and the drawing's buttons in order, and Enter clears the drawing", async ({
  drawPage,
  page,
}) => {
  const tab = async () => {
    await page.keyboard.press("Tab");
    return page.evaluate(() => document.activeElement?.textContent);
  };
  for (const name of ["Skip to content", "Ink to Digit", ...PAGES]) expect(await tab()).toBe(name);
  await drawPage.draw(TALL);
  for (const name of ["Undo", "Redo", "Clear", "Share"]) expect(await tab()).toBe(name);
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await drawPage.expectState("empty");
});

test("Escape closes a panel and keeps the focus on its button", async ({ drawPage, page }) => {
  await drawPage.draw(TALL);
  for (const [opener, inside] of [
    ["Share", "Copy picture"],
    ["Other input", "Slashed zero"],
  ] as const) {
    const button = page.getByRole("button", { name: opener });
    await button.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: inside }).focus();
    await page.keyboard.press("Escape");
    await expect(button).toBeFocused();
    await expect(button).toHaveAttribute("aria-expanded", "false");
    await expect(page.getByRole("button", { name: inside })).toBeHidden();
  }
});

test("only the primary mouse button draws, and releasing it outside the canvas ends the stroke", async ({
  drawPage,
  page,
}) => {
  const [start, middle] = await drawPage.toPixels(TALL[0]);
  await page.mouse.move(...start!);
  await page.mouse.down({ button: "middle" });
  await page.mouse.move(...middle!, { steps: 3 });
  await page.mouse.up({ button: "middle" });
  await drawPage.expectState("empty");
  expect(await drawPage.inkCoverage()).toBe(0);

  await page.mouse.move(...start!);
  await page.mouse.down();
  await page.mouse.move(...middle!, { steps: 5 });
  await page.mouse.move(2, 2, { steps: 5 });
  await page.mouse.up();
  await drawPage.expectState("settled");
  const ink = await drawPage.inkCoverage();
  await page.mouse.move(...start!, { steps: 3 });
  await page.mouse.move(...middle!, { steps: 3 });
  expect(await drawPage.inkCoverage()).toBe(ink);
  await drawPage.expectState("settled");
});

test("a stroke follows the pointer when the canvas moves on the page", async ({ drawPage, page }) => {
  await page.setViewportSize({ width: 390, height: 500 });
  const moves = {
    "the page is scrolled": () => scrollBy(0, 60),
    "an element is inserted above the canvas": () =>
      document.querySelector("main")!.insertAdjacentHTML("beforebegin", "<p>Something<br />new</p>"),
  };
  for (const [name, move] of Object.entries(moves)) {
    const [start, end] = await drawPage.toPixels([
      [40, 40],
      [60, 60],
    ]);
    await page.mouse.move(...start!);
    await page.mouse.down();
    await page.evaluate(move);
    await page.mouse.move(...end!);
    await page.mouse.up();
    await drawPage.expectState("settled");
    const opacity = await drawPage.canvas.evaluate((canvas: HTMLCanvasElement, [x, y]) => {
      const { left, top, width } = canvas.getBoundingClientRect();
      const scale = canvas.width / width;
      const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d")!;
      copy.drawImage(canvas, 0, 0);
      return copy.getImageData((x - left) * scale, (y - top) * scale, 1, 1).data[3];
    }, end!);
    expect(opacity, name).toBeGreaterThan(0);
    await drawPage.clear.click();
    await page.evaluate(() => scrollTo(0, 0));
  }
});

test("pen pressure changes the stroke width but not the prediction", async ({ drawPage, page }) => {
  const pen = await page.context().newCDPSession(page);
  const points = await drawPage.toPixels([...Array(12).keys()].map((i) => [50, 15 + 6 * i] as const));
  const draw = async (force: number) => {
    for (const [i, [x, y]] of points.entries()) {
      const type = i === 0 ? "mousePressed" : "mouseMoved";
      await pen.send("Input.dispatchMouseEvent", {
        type,
        x,
        y,
        button: "left",
        buttons: 1,
        pointerType: "pen",
        force,
      });
    }
    const [x, y] = points.at(-1)!;
    await pen.send("Input.dispatchMouseEvent", {
      type: "mouseReleased",
      x,
      y,
      button: "left",
      pointerType: "pen",
    });
    await drawPage.expectState("settled");
    await expect(drawPage.prediction).toHaveAttribute("data-number", "1");
    const confidence = await drawPage.prediction.getAttribute("data-confidence");
    const ink = await drawPage.inkCoverage();
    await drawPage.clear.click();
    return { ink, confidence };
  };
  const light = await draw(0.2);
  const heavy = await draw(0.9);
  expect(heavy.ink).toBeGreaterThan(1.2 * light.ink);
  // The model input has a constant pen width.
  expect(heavy.confidence).toBe(light.confidence);
});

test("the drawing is kept when the window is resized or rotated", async ({ drawPage, page }) => {
  await drawPage.drawDigit(5);
  const before = await drawPage.inkCoverage();
  for (const [width, height] of [
    [390, 844],
    [844, 390],
    [1600, 1000],
  ] as const) {
    await page.setViewportSize({ width, height });
    await expect
      .poll(() => drawPage.canvas.evaluate((c: HTMLCanvasElement) => c.width - c.clientWidth))
      .toBe(0);
    expect(Math.abs((await drawPage.inkCoverage()) / before - 1)).toBeLessThan(0.03);
    await drawPage.expectState("settled");
    await expect(drawPage.prediction).toHaveAttribute("data-digit", "5");
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
  }
});

test("the drawing, or an empty canvas, is kept after navigation and reloads", async ({ drawPage, page }) => {
  await drawPage.drawDigit(2);
  const ink = await drawPage.inkCoverage();
  const expectDrawing = async () => {
    await drawPage.expectState("settled");
    await expect(drawPage.prediction).toHaveAttribute("data-digit", "2");
    expect(await drawPage.inkCoverage()).toBeCloseTo(ink, 6);
  };
  await page.reload();
  await expectDrawing();
  const draw = page.getByRole("navigation").getByRole("link", { name: "Draw" });
  await page.getByRole("link", { name: "About" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("How it works");
  await expect(page.getByRole("link", { name: "About" })).toHaveAttribute("aria-current", "page");
  await draw.click();
  await expectDrawing();
  await page.getByRole("link", { name: "About" }).click();
  await expect(page).toHaveURL(/about$/);
  await page.reload();
  await draw.click();
  await expectDrawing();
  await drawPage.clear.click();
  await page.reload();
  await drawPage.expectState("empty");
  expect(await drawPage.inkCoverage()).toBe(0);
});

test.describe("on a touch screen", () => {
  test.use({ hasTouch: true, viewport: { width: 390, height: 500 }, deviceScaleFactor: 2 });

  test("a finger draws on the canvas and scrolls the page elsewhere", async ({ drawPage, page }) => {
    const touch = await page.context().newCDPSession(page);
    const swipe = async (path: (readonly [number, number])[]) => {
      for (const [i, [x, y]] of path.entries()) {
        await touch.send("Input.dispatchTouchEvent", {
          type: i === 0 ? "touchStart" : "touchMove",
          touchPoints: [{ x, y, id: 0 }],
        });
      }
      await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    };
    const up = [...Array(10).keys()].map((i) => [50, 85 - 8 * i] as const);

    await swipe(await drawPage.toPixels(up));
    await drawPage.expectState("settled");
    await expect(drawPage.prediction).toHaveAttribute("data-digit", "1");
    expect(await page.evaluate(() => scrollY)).toBe(0);

    await swipe([...Array(10).keys()].map((i) => [200, 110 - 10 * i] as const));
    await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(0);
  });

  test("a second finger or a touchcancel event cancels the stroke", async ({ drawPage, page }) => {
    const touch = await page.context().newCDPSession(page);
    const finger = async (id: number, points: (readonly [number, number])[]) =>
      (await drawPage.toPixels(points)).map(([x, y]) => ({ x, y, id }));
    const first = await finger(0, [
      [50, 15],
      [50, 50],
      [50, 85],
    ]);
    const second = await finger(1, [
      [15, 50],
      [10, 60],
      [15, 85],
    ]);
    await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [first[0]!] });
    await touch.send("Input.dispatchTouchEvent", {
      type: "touchStart",
      touchPoints: [first[0]!, second[0]!],
    });
    for (const i of [1, 2]) {
      await touch.send("Input.dispatchTouchEvent", {
        type: "touchMove",
        touchPoints: [first[i]!, second[i]!],
      });
    }
    await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    await drawPage.expectState("empty");
    expect(await drawPage.inkCoverage()).toBe(0);
    const drawFirst = async () => {
      await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [first[0]!] });
      for (const i of [1, 2]) {
        await touch.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: [first[i]!] });
      }
      await drawPage.expectState("pending");
    };
    await drawFirst();
    await touch.send("Input.dispatchTouchEvent", { type: "touchCancel", touchPoints: [] });
    await drawPage.expectState("empty");
    expect(await drawPage.inkCoverage()).toBe(0);

    // The next touch draws a stroke.
    await drawFirst();
    await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    await drawPage.expectState("settled");
    await expect(drawPage.prediction).toHaveAttribute("data-digit", "1");
  });

  test("two fingers zoom the page and draw nothing", async ({ drawPage, page }) => {
    const touch = await page.context().newCDPSession(page);
    const [[x, y]] = (await drawPage.toPixels([[50, 50]])) as [[number, number]];
    const zoom = () => page.evaluate(() => visualViewport!.scale);
    expect(await zoom()).toBe(1);
    for (const [i, apart] of [20, 30, 40, 60, 80, 100].entries()) {
      const touchPoints = [-apart, apart].map((dx, id) => ({ x: x + dx, y, id }));
      await touch.send("Input.dispatchTouchEvent", {
        type: i === 0 ? "touchStart" : "touchMove",
        touchPoints,
      });
    }
    await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    await expect.poll(zoom).toBeGreaterThan(1.5);
    await drawPage.expectState("empty");
    expect(await drawPage.inkCoverage()).toBe(0);
  });
});
