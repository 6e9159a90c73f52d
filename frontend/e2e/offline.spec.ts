import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Page } from "@playwright/test";
import { OUT, serve } from "./serve";
import { test as base, DrawPage, expect, expectAccessible, nextFrame } from "./site";

interface Fixtures {
  /** A copy of the build that a test may change. */
  folder: string;
  server: Awaited<ReturnType<typeof serve>>;
}

const test = base.extend<Fixtures>({
  folder: async ({}, provide) => {
    const folder = await mkdtemp(path.join(tmpdir(), "site-"));
    await cp(OUT, folder, { recursive: true });
    await writeFile(path.join(folder, "config.json"), '{ "storage": null }');
    await provide(folder);
    await rm(folder, { recursive: true });
  },
  server: async ({ folder }, provide) => {
    const server = await serve(folder);
    await provide(server);
    await server.close();
  },
  baseURL: async ({ server }, provide) => provide(server.url),
  serviceWorkers: "allow",
});

/** Wait until the service worker is active. By then, it has cached the site. */
async function waitForServiceWorker(page: Page): Promise<void> {
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
}

const VERSION_ATTRIBUTE = ' data-version="2">';

/** Replace the site in `folder` with version 2. If not `complete`, leave out one of the changed pages. */
async function deploy(folder: string, { complete = true } = {}): Promise<void> {
  const hash = (content: string) => createHash("sha256").update(content).digest("base64");
  let worker = await readFile(path.join(folder, "sw.js"), "utf8");
  for (const name of ["index.html", "about.html"]) {
    const file = path.join(folder, name);
    const before = await readFile(file, "utf8");
    const after = before.replace(/(<html[^>]*)>/, `$1${VERSION_ATTRIBUTE}`);
    expect(worker).toContain(hash(before));
    worker = worker.replaceAll(hash(before), hash(after));
    // In an incomplete deployment, the service worker lists a page that is not uploaded yet.
    if (complete || name === "index.html") await writeFile(file, after);
  }
  await writeFile(path.join(folder, "sw.js"), worker);
}

test.describe("without a network", () => {
  test.use({ expectedConsoleErrors: /net::ERR_/ });

  test("the draw page works after a reload, and the other pages open", async ({ drawPage, page, server }) => {
    await drawPage.open();
    await waitForServiceWorker(page);
    await server.close();
    await page.reload();
    await drawPage.expectState("empty");
    await drawPage.drawDigit(3);
    await expect(drawPage.prediction).toHaveAttribute("data-digit", "3");
    await expect(page.getByText("bundled with this page")).toBeVisible();
    await expect(page.getByText("could not be used")).toBeHidden();
    await page.getByRole("link", { name: "About" }).click();
    await expect(page).toHaveURL(/\/about$/);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    for (const address of ["/about", "/?from=elsewhere"]) {
      await page.goto(address);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    }
    await drawPage.expectState("settled");
    await drawPage.clear.click();
    await drawPage.drawDigit(7);
    await expect(drawPage.prediction).toHaveAttribute("data-digit", "7");
  });
});

test("the service worker downloads no file twice", async ({ context, drawPage, page, server }) => {
  await drawPage.open();
  await waitForServiceWorker(page);
  const twice = server.sent.filter((path, i) => server.sent.indexOf(path) < i);
  expect(twice.filter((path) => path !== "/config.json")).toEqual([]);
  const cached = await page.evaluate(async () => {
    const names = (await caches.keys()).filter((name) => name.includes("precache"));
    const requests = await (await caches.open(names[0]!)).keys();
    return requests.map(({ url }) => new URL(url).pathname);
  });
  expect(cached).toContain("/");
  expect(cached).toContain("/model/model.json");
  expect(cached.filter((name) => name.endsWith(".wasm"))).toHaveLength(1);
  expect(cached).not.toContain("/config.json");
  expect(context.serviceWorkers()).toHaveLength(1);
});

test("a new version of the site is offered and loaded only when accepted", async ({
  drawPage,
  folder,
  page,
}) => {
  const version = () => page.locator("html").getAttribute("data-version");
  const offer = page.getByRole("button", { name: "Reload" });
  await drawPage.open();
  await waitForServiceWorker(page);
  await page.reload();
  await drawPage.expectState("empty");
  await expect(offer).toBeHidden();
  await deploy(folder);
  await page.reload();
  await expect(page.getByText("A new version of this page is available.")).toBeVisible();
  await expectAccessible(page);
  for (const address of ["/about", "/"]) {
    await page.goto(address);
    expect(await version()).toBeNull();
  }
  await offer.click();
  await expect.poll(version).toBe("2");
  await expect(offer).toBeHidden();
  await page.goto("/about");
  expect(await version()).toBe("2");
});

test.describe("in two windows", () => {
  test("a new version is not offered during a stroke, and the drawing is kept when another window accepts it", async ({
    context,
    drawPage,
    folder,
    page,
  }) => {
    await drawPage.open();
    await waitForServiceWorker(page);
    const other = new DrawPage(await context.newPage());
    await other.page.clock.install();
    await other.open();
    await other.drawDigit(3);
    const [offer, otherOffer] = [page, other.page].map((window) =>
      window.getByRole("button", { name: "Reload" }),
    );

    const touch = await context.newCDPSession(other.page);
    const finger = async (type: "touchStart" | "touchMove" | "touchEnd", ...at: [number, number][]) =>
      touch.send("Input.dispatchTouchEvent", { type, touchPoints: at.map(([x, y]) => ({ x, y, id: 0 })) });
    const [start, ...path] = await other.toPixels([
      [50, 50],
      [50, 60],
      [50, 70],
    ]);
    await finger("touchStart", start!);
    for (const point of path) await finger("touchMove", point);
    await deploy(folder);
    await page.reload();
    await expect(offer!).toBeVisible();
    const waitingState = async () => (await navigator.serviceWorker.getRegistration())?.waiting?.state;
    await expect.poll(() => other.page.evaluate(waitingState)).toBe("installed");
    await other.page.clock.runFor(5_000);
    await nextFrame(other.page);
    await expect(otherOffer!).toBeHidden();
    await finger("touchEnd");
    await expect(otherOffer!).toBeVisible();
    await other.expectState("settled");
    const number = await other.prediction.getAttribute("data-number");

    await offer!.click();
    for (const window of [page, other.page]) {
      await expect(window.locator("html")).toHaveAttribute("data-version", "2");
    }
    await other.expectState("settled");
    await expect(other.prediction).toHaveAttribute("data-number", number!);
  });
});

test.describe("while a new version is being deployed", () => {
  test.use({ expectedConsoleErrors: /integrity|bad-precaching/ });

  test("an incomplete version is rejected, and the old version keeps working", async ({
    drawPage,
    folder,
    page,
  }) => {
    await drawPage.open();
    await waitForServiceWorker(page);
    await page.reload();
    await deploy(folder, { complete: false });
    await page.reload();
    const workerState = await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      await registration.update();
      const { installing } = registration;
      if (installing?.state === "installing") {
        await new Promise((resolve) => installing.addEventListener("statechange", resolve));
      }
      return installing?.state;
    });
    expect(workerState).toBe("redundant");
    for (const address of ["/about", "/"]) {
      await page.goto(address);
      await expect(page.locator("html")).not.toHaveAttribute("data-version", "2");
    }
    await expect(page.getByRole("button", { name: "Reload" })).toBeHidden();
    await drawPage.drawDigit(4);
    await expect(drawPage.prediction).toHaveAttribute("data-digit", "4");
  });
});
