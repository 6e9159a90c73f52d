import { createHash } from "node:crypto";
import AxeBuilder from "@axe-core/playwright";
import {
  type APIRequestContext,
  test as base,
  expect,
  type Locator,
  type Page,
  type Worker,
} from "@playwright/test";
import { about } from "../src/text/about";
import { correctionsPage } from "../src/text/corrections";
import type { site } from "../src/text/site";
import { releaseId } from "../src/lib/inference/release/releaseId";
import { OUT, serve } from "./serve";
import { number, type Point, SHAPES, type Stroke } from "../src/lib/ink/testing/shapes";

/** The draw page. */
export class DrawPage {
  readonly canvas: Locator;
  readonly prediction: Locator;
  readonly clear: Locator;

  constructor(readonly page: Page) {
    this.canvas = page.getByTestId("draw-canvas");
    this.prediction = page.getByTestId("prediction");
    this.clear = page.getByTestId("clear");
  }

  /** Open the page and wait until the model is ready. */
  async open(): Promise<void> {
    await this.page.goto("/");
    await this.expectState("empty");
  }

  async expectState(state: "loading" | "empty" | "pending" | "settled" | "error"): Promise<void> {
    await expect(this.prediction).toHaveAttribute("data-state", state);
  }

  /** Draw strokes with the mouse. A unit is 1/100 of the height of the canvas, and (50, 50) is its centre. */
  async draw(strokes: readonly Stroke[]): Promise<void> {
    for (const stroke of strokes) {
      const [first, ...rest] = await this.toPixels(stroke);
      if (first === undefined) continue;
      await this.page.mouse.move(...first);
      await this.page.mouse.down();
      // Send all moves at once. One event may then contain several points, as with a fast pen.
      await Promise.all(rest.map((point) => this.page.mouse.move(...point)));
      await this.page.mouse.up();
    }
  }

  /** Draw a shape of `shapes.ts` and wait for its prediction. */
  async drawDigit(digit: number, shape = 0): Promise<void> {
    await this.draw(SHAPES[digit]?.[shape]?.strokes ?? []);
    await this.expectState("settled");
  }

  /** Draw the strokes that `number` of `shapes.ts` returns and wait for their prediction. */
  async drawNumber(...digits: Parameters<typeof number>): Promise<void> {
    await this.draw(number(...digits));
    await this.expectState("settled");
  }

  /** The inference worker; undefined before it starts. The page's other worker preloads files. */
  worker(): Worker | undefined {
    return this.page.workers().find((worker) => !worker.url().includes("/preload-"));
  }

  /** Convert points from the units of `draw` to CSS pixels of the viewport. */
  async toPixels(points: Stroke): Promise<[number, number][]> {
    const box = await this.canvas.boundingBox();
    if (box === null) throw new Error("the canvas is not on the page");
    const { height, width } = box;
    return points.map(([x, y]: Point) => [
      box.x + width / 2 + ((x - 50) / 100) * height,
      box.y + (y / 100) * height,
    ]);
  }

  /** Share of the canvas that ink covers, in [0, 1]. */
  async inkCoverage(): Promise<number> {
    return this.canvas.evaluate((canvas: HTMLCanvasElement) => {
      // Copy the canvas first, because reading its pixels would move it out of GPU memory.
      const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", {
        willReadFrequently: true,
      })!;
      copy.drawImage(canvas, 0, 0);
      const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
      let inked = 0;
      for (let i = 3; i < data.length; i += 4) inked += data[i]! / 255;
      return inked / (canvas.width * canvas.height);
    });
  }
}

/** Serve this config.json instead of the site's. */
export async function configure(page: Page, config: object): Promise<void> {
  await page.route("**/config.json", (route) => route.fulfill({ json: config }));
}

/** Make every page with a canvas throw while it renders. Return a function that repairs the open page. */
export async function makeRenderingFail(page: Page): Promise<() => Promise<boolean>> {
  await page.addInitScript(() => {
    const { getContext } = HTMLCanvasElement.prototype;
    HTMLCanvasElement.prototype.getContext = () => {
      throw new Error("a rendering failure");
    };
    addEventListener("repair", () => (HTMLCanvasElement.prototype.getContext = getContext));
  });
  return () => page.evaluate(() => dispatchEvent(new Event("repair")));
}

/** Hold every request that matches `pattern`. Return a function that lets them continue. */
export async function holdRequests(page: Page, pattern: string | RegExp): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(pattern, async (route) => {
    await released;
    await route.fallback();
  });
  return release;
}

/** An element of each page that appears when the page has loaded its data. */
const LOADED: Record<(typeof site.pages)[number]["href"], (page: Page) => Locator> = {
  "/": (page) => page.locator("[data-testid=prediction]:is([data-state=empty], [data-state=settled])"),
  "/model": (page) => page.locator("[data-testid=model-report][data-state=ready]"),
  "/mistakes": (page) => page.getByText(correctionsPage.empty.text),
  "/about": (page) => page.getByRole("heading", { level: 1, name: about.heading }),
};

/** Wait until the page at `href` has loaded its data. The browser stores no corrections. */
export async function expectLoaded(page: Page, href: keyof typeof LOADED): Promise<void> {
  await expect(LOADED[href](page)).toBeVisible();
}

/** Wait for two animation frames, so that the page has rendered its last state change. */
export async function nextFrame(page: Page): Promise<void> {
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  );
}

/** WCAG 2.2 AA and axe's best practices. */
const AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/**
 * Expect that axe finds no violations in the light and the dark colour scheme.
 *
 * The schemes differ only in colours, so only the colour rules run for both.
 */
export async function expectAccessible(page: Page): Promise<void> {
  const analyze = async (scheme: string, axe: AxeBuilder, ...checked: string[]) => {
    await nextFrame(page);
    await page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished)));
    const { violations, passes } = await axe.analyze();
    expect(
      violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`),
      `violations in the ${scheme} colour scheme`,
    ).toEqual([]);
    expect(passes.map(({ id }) => id)).toEqual(expect.arrayContaining(checked));
  };
  await analyze("light", new AxeBuilder({ page }).withTags(AXE_TAGS), "color-contrast", "target-size");
  await page.emulateMedia({ colorScheme: "dark" });
  const colours = ["color-contrast", "link-in-text-block"];
  await analyze("dark", new AxeBuilder({ page }).withRules(colours), "color-contrast");
  await page.emulateMedia({ colorScheme: "light" });
}

const SCREENS = [
  { width: 320, height: 568 }, // a small phone
  { width: 390, height: 844 },
  { width: 740, height: 360 }, // a phone on its side
  { width: 768, height: 1024 }, // a tablet
  { width: 3840, height: 2160 },
];

/** Expect that the page is never wider than the screen. */
export async function expectFitsScreens(page: Page): Promise<void> {
  for (const viewport of SCREENS) {
    await page.setViewportSize(viewport);
    await expect
      .poll(() => page.evaluate(() => document.documentElement.scrollWidth), `${viewport.width} px`)
      .toBeLessThanOrEqual(viewport.width);
  }
}

export const STORAGE_ORIGIN = "https://firebasestorage.googleapis.com";
export const STORAGE = `${STORAGE_ORIGIN}/v0/b/demo-digits.firebasestorage.app/o`;

/** A release in Storage. */
interface StoredRelease {
  readonly id: string;
  /** Its objects and the pointer by path. A test may change them. */
  readonly objects: Map<string, Buffer>;
}

/** A manifest that lists `files`, and its id. */
export async function manifestOf(
  manifest: Manifest,
  files: ReadonlyMap<string, Buffer>,
): Promise<{ id: string; bytes: Buffer }> {
  const content = { ...manifest, files: [...files].map(([path, content]) => ({ path, ...digest(content) })) };
  const id = await releaseId(Uint8Array.from(Buffer.from(JSON.stringify(content))).buffer);
  return { id, bytes: Buffer.from(JSON.stringify({ ...content, release: id })) };
}

/** The objects of a release that contains `files`, and of a pointer to it. */
export async function storeRelease(
  manifest: Manifest,
  files: ReadonlyMap<string, Buffer>,
): Promise<StoredRelease> {
  const { id, bytes } = await manifestOf(manifest, files);
  const path = `models/${id}/manifest.json`;
  const pointer = { schema: 1, release: id, manifest: { path, ...digest(bytes) } };
  const objects = [...files].map(([path, content]) => [`models/${id}/${path}`, content] as const);
  return {
    id,
    objects: new Map([...objects, [path, bytes], [POINTER, Buffer.from(JSON.stringify(pointer))]]),
  };
}

export const POINTER = "models/current.json";

interface Manifest {
  readonly release: string;
  readonly experiment: object;
  readonly files: readonly { readonly path: string }[];
}

const digest = (content: Buffer) => ({
  bytes: content.length,
  sha256: createHash("sha256").update(content).digest("hex"),
});

/** The manifest and the files of the bundled release. */
export async function fetchBundled(request: APIRequestContext) {
  const get = async (name: string) => (await request.get(`/model/${name}`)).body();
  const manifest = JSON.parse((await get("manifest.json")).toString()) as Manifest;
  const entries = manifest.files.map(async ({ path }) => [path, await get(path)] as const);
  return { manifest, files: new Map(await Promise.all(entries)) };
}

/** Serve the bundled release from Storage as another release: that of the experiment `name`. */
export async function publish(page: Page, request: APIRequestContext, name: string): Promise<StoredRelease> {
  const { manifest, files } = await fetchBundled(request);
  const experiment = { ...manifest.experiment, name };
  const release = await storeRelease({ ...manifest, experiment }, files);
  await serveStorage(page, release.objects);
  return release;
}

/** Serve these objects as the site's Storage. */
export async function serveStorage(page: Page, objects: ReadonlyMap<string, Buffer>): Promise<void> {
  await configure(page, { storage: STORAGE });
  await page.route(`${STORAGE_ORIGIN}/**`, async (route) => {
    const url = new URL(route.request().url());
    const object = objects.get(decodeURIComponent(url.pathname.split("/").at(-1) ?? ""));
    const isDownload = url.href.startsWith(`${STORAGE}/`) && url.search === "?alt=media";
    await route.fulfill({
      status: isDownload && object ? 200 : 404,
      body: object,
      headers: { "access-control-allow-origin": "*" },
    });
  });
}

interface Fixtures {
  drawPage: DrawPage;
  /** Matches the console errors and warnings that a test expects. Others make the test fail. */
  expectedConsoleErrors: RegExp | null;
  /** An origin besides the site's own that may receive requests. */
  allowedOrigin: string | null;
  monitor: void;
}

interface WorkerFixtures {
  /** URL of the site under test: E2E_BASE_URL if set, or else the build, served on a free port. */
  siteURL: string;
}

/** A test that also fails on console errors or warnings and on requests to third parties. */
export const test = base.extend<Fixtures, WorkerFixtures>({
  siteURL: [
    async ({}, provide) => {
      if (process.env.E2E_BASE_URL) return provide(process.env.E2E_BASE_URL);
      const server = await serve(OUT);
      await provide(server.url);
      await server.close();
    },
    { scope: "worker" },
  ],
  baseURL: ({ siteURL }, provide) => provide(siteURL),
  expectedConsoleErrors: [null, { option: true }],
  allowedOrigin: [null, { option: true }],
  drawPage: async ({ page }, provide) => provide(new DrawPage(page)),
  monitor: [
    async ({ page, baseURL, request, expectedConsoleErrors, allowedOrigin }, provide) => {
      const { storage } = (await (await request.get("/config.json")).json()) as { storage: string | null };
      const origins = [baseURL, storage, allowedOrigin]
        .filter((url) => url != null)
        .map((url) => new URL(url).origin);
      const consoleErrors: string[] = [];
      const thirdParties: string[] = [];
      page.on("console", (message) => {
        // Logged because playwright.config.ts blocks service workers.
        if (message.text() === "Service Worker registration blocked by Playwright") return;
        if (["error", "warning"].includes(message.type())) consoleErrors.push(message.text());
      });
      page.on("pageerror", (error) => consoleErrors.push(error.message));
      page.context().on("request", (sent) => {
        const { origin } = new URL(sent.url());
        if (!origins.includes(origin)) thirdParties.push(sent.url());
      });
      await provide();
      const unexpected = consoleErrors.filter((text) => !expectedConsoleErrors?.test(text));
      expect(unexpected, "errors and warnings in the console").toEqual([]);
      expect(thirdParties, "requests to third parties").toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };
