// The built site in an unmodified Firefox. Playwright needs a patched one; Puppeteer uses WebDriver BiDi instead.
import puppeteer, { type Browser, type ElementHandle, type Page } from "puppeteer-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { OUT, serve, type Served } from "../e2e/serve";
import { type Point, SHAPES, type Stroke } from "@/lib/ink/testing/shapes";

/** Milliseconds. Long enough for a busy machine. */
const TIMEOUT = 120_000;

let server: Served;
let browser: Browser;
let page: Page;
let consoleMessages: string[];

beforeAll(async () => {
  server = await serve(OUT);
  browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: process.env.FIREFOX_PATH ?? "/usr/bin/firefox-esr",
    timeout: TIMEOUT,
    extraPrefsFirefox: { "network.captive-portal-service.enabled": false },
  });
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

beforeEach(async () => {
  page = await browser.newPage();
  page.setDefaultTimeout(TIMEOUT);
  await page.setViewport({ width: 1280, height: 900 });
  consoleMessages = [];
  page.on("console", (message) => {
    if (["error", "warn"].includes(message.type())) consoleMessages.push(message.text());
  });
  page.on("pageerror", (error) => consoleMessages.push(String(error)));
});

afterEach(async () => {
  expect(consoleMessages, "errors and warnings in the console").toEqual([]);
  await page.close();
});

const PREDICTION = "[data-testid=prediction]";

async function open(): Promise<void> {
  await page.goto(server.url);
  await page.waitForSelector(`${PREDICTION}[data-state=empty]`);
}

/**
 * Draw strokes in units of 1/100 of the canvas' height. x = 50 is the middle of the canvas.
 *
 * @param shift - Distance by which the strokes are moved to the right.
 */
async function draw(strokes: readonly Stroke[], shift = 0): Promise<void> {
  const canvas = (await page.$("[data-testid=draw-canvas]")) as ElementHandle;
  const { x, y, width, height } = (await canvas.boundingBox())!;
  const toPage = ([px, py]: Point): [number, number] => [
    x + width / 2 + ((px - 50 + shift) / 100) * height,
    y + (py / 100) * height,
  ];
  for (const [first, ...rest] of strokes) {
    await page.mouse.move(...toPage(first!));
    await page.mouse.down();
    for (const point of rest) await page.mouse.move(...toPage(point));
    await page.mouse.up();
  }
}

async function expectNumber(number: string): Promise<void> {
  await page.waitForSelector(`${PREDICTION}[data-state=settled][data-number="${number}"]`);
}

const strokesOf = (digit: number) => SHAPES[digit]![0]!.strokes;

it("recognizes each digit drawn with the pointer", async () => {
  await open();
  for (let digit = 0; digit < 10; digit++) {
    await draw(strokesOf(digit));
    await expectNumber(String(digit));
    await page.click("[data-testid=clear]");
    await page.waitForSelector(`${PREDICTION}[data-state=empty]`);
  }
});

it("recognizes a number, undoes a digit and restores the ink after a reload", async () => {
  await open();
  await draw(strokesOf(4), -35);
  await draw(strokesOf(7), 35);
  await expectNumber("47");
  for (let stroke = 0; stroke < strokesOf(7).length; stroke++) {
    await page.keyboard.down("Control");
    await page.keyboard.press("z");
    await page.keyboard.up("Control");
  }
  await expectNumber("4");
  await page.reload();
  await expectNumber("4");
});

it("explains a prediction", async () => {
  await open();
  await draw(strokesOf(3));
  await expectNumber("3");
  await page.locator("::-p-aria(Why?)").click();
  await page.waitForFunction(() => document.querySelectorAll("main canvas").length > 1);
});

it.each(["/model", "/mistakes", "/about"])("shows %s", async (path) => {
  await page.goto(server.url + path);
  await page.waitForSelector("h1");
  if (path === "/model") await page.waitForSelector("table");
});
