import { createHash } from "node:crypto";
import {
  type APIRequestContext,
  test as base,
  expect,
  type Locator,
  type Page,
  type Worker,
} from "@playwright/test";
import { OUT, serve } from "./serve";
import { number, type Point, SHAPES, type Stroke } from "./shapes";

/** The draw page as a visitor uses it. */
export class DrawPage {
  readonly canvas: Locator;
  readonly prediction: Locator;
  readonly clear: Locator;

  constructor(readonly page: Page) {
    this.canvas = page.getByTestId("draw-canvas");
    this.prediction = page.getByTestId("prediction");
    this.clear = page.getByTestId("clear");
  }

  /** Go there and wait until the network is ready. */
  async open(): Promise<void> {
    await this.page.goto("/");
    await this.expectState("empty");
  }

  async expectState(state: "loading" | "empty" | "pending" | "settled" | "error"): Promise<void> {
    await expect(this.prediction).toHaveAttribute("data-state", state, { timeout: 20_000 });
  }

  /** Draw with the mouse; a unit is 1/100 of the canvas' height, and x = 50 is its middle. */
  async draw(strokes: readonly Stroke[]): Promise<void> {
    for (const stroke of strokes) {
      const [first, ...rest] = await this.place(stroke);
      if (first === undefined) continue;
      await this.page.mouse.move(...first);
      await this.page.mouse.down();
      for (const point of rest) await this.page.mouse.move(...point);
      await this.page.mouse.up();
    }
  }

  /** Draw a shape of `shapes.ts` and wait for the answer to it. */
  async drawDigit(digit: number, shape = 0): Promise<void> {
    await this.draw(SHAPES[digit]?.[shape]?.strokes ?? []);
    await this.expectState("settled");
  }

  /** Draw digits as `number` of `shapes.ts` sets them and wait for the answer to them. */
  async drawNumber(...digits: Parameters<typeof number>): Promise<void> {
    await this.draw(number(...digits));
    await this.expectState("settled");
  }

  /** The inference worker; undefined while there is none. */
  worker(): Worker | undefined {
    return this.page.workers().find((worker) => worker.url().includes("turbopack-worker"));
  }

  /** 1/100 of the canvas' height, x = 50 in the middle → pixels of the window. */
  async place(points: Stroke): Promise<[number, number][]> {
    const box = await this.canvas.boundingBox();
    if (box === null) throw new Error("the canvas is not on the page");
    const { height, width } = box;
    return points.map(([x, y]: Point) => [
      box.x + width / 2 + ((x - 50) / 100) * height,
      box.y + (y / 100) * height,
    ]);
  }

  /** Share of the canvas that is inked. */
  async inkedShare(): Promise<number> {
    return this.canvas.evaluate((canvas: HTMLCanvasElement) => {
      // Reading the canvas itself would make the browser move it out of the graphics card.
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

/** Serve other run-time configuration. */
export async function configure(page: Page, config: object): Promise<void> {
  await page.route("**/config.json", (route) => route.fulfill({ json: config }));
}

/** From now on, a page that draws breaks while it is rendered; until what this gives is called, on the page that is open. */
export async function breakPages(page: Page): Promise<() => Promise<boolean>> {
  await page.addInitScript(() => {
    const { getContext } = HTMLCanvasElement.prototype;
    HTMLCanvasElement.prototype.getContext = () => {
      throw new Error("a break");
    };
    addEventListener("mend", () => (HTMLCanvasElement.prototype.getContext = getContext));
  });
  return () => page.evaluate(() => dispatchEvent(new Event("mend")));
}

export const STORAGE_ORIGIN = "https://firebasestorage.googleapis.com";
export const STORAGE = `${STORAGE_ORIGIN}/v0/b/demo-digits.firebasestorage.app/o`;
/** Publish the site's own release under another name, as Storage would hold it; returns what it holds by path. */
export async function publish(
  page: Page,
  request: APIRequestContext,
  release: string,
): Promise<Map<string, Buffer>> {
  const fetched = async (name: string) => (await request.get(`/model/${name}`)).body();
  const manifest = JSON.parse((await fetched("manifest.json")).toString()) as {
    files: { path: string }[];
  };
  const objects = new Map<string, Buffer>();
  for (const { path } of manifest.files) objects.set(`models/${release}/${path}`, await fetched(path));
  const bytes = Buffer.from(JSON.stringify({ ...manifest, release }));
  const path = `models/${release}/manifest.json`;
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  objects.set(path, bytes);
  const current = { schema: 1, release, manifest: { path, bytes: bytes.length, sha256 } };
  objects.set("models/current.json", Buffer.from(JSON.stringify(current)));

  await configure(page, { storage: STORAGE });
  await page.route(`${STORAGE_ORIGIN}/**`, async (route) => {
    const url = new URL(route.request().url());
    const object = objects.get(decodeURIComponent(url.pathname.split("/").at(-1) ?? ""));
    const asked = url.href.startsWith(`${STORAGE}/`) && url.search === "?alt=media";
    await route.fulfill({
      status: asked && object ? 200 : 404,
      body: object,
      headers: { "access-control-allow-origin": "*" },
    });
  });
  return objects;
}

interface Fixtures {
  drawPage: DrawPage;
  /** Complaints of the browser that this test provokes; every other one fails it. */
  expectedComplaints: RegExp | null;
  /** An origin that may be asked beside the site's own. */
  allowedOrigin: string | null;
  watch: void;
}

interface WorkerFixtures {
  /** URL of the site that the tests of this worker use. */
  siteURL: string;
}

/** Every test fails on an error in the console, a breach of the security policy or a request to a third party. */
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
  expectedComplaints: [null, { option: true }],
  allowedOrigin: [null, { option: true }],
  drawPage: async ({ page }, provide) => provide(new DrawPage(page)),
  watch: [
    async ({ page, baseURL, request, expectedComplaints, allowedOrigin }, provide) => {
      const { storage } = (await (await request.get("/config.json")).json()) as { storage: string | null };
      const origins = [baseURL, storage, allowedOrigin]
        .filter((url) => url != null)
        .map((url) => new URL(url).origin);
      const complaints: string[] = [];
      const strangers: string[] = [];
      page.on("console", (message) => {
        // Playwright's word for what playwright.config.ts asks of it.
        if (message.text() === "Service Worker registration blocked by Playwright") return;
        if (["error", "warning"].includes(message.type())) complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(error.message));
      page.context().on("request", (asked) => {
        const { origin } = new URL(asked.url());
        if (!origins.includes(origin)) strangers.push(asked.url());
      });
      await provide();
      const unexpected = complaints.filter((text) => !expectedComplaints?.test(text));
      expect(unexpected, "what the browser complained of").toEqual([]);
      expect(strangers, "requests to third parties").toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };
