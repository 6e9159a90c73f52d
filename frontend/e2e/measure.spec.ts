import { readFile, writeFile } from "node:fs/promises";
import { type Browser, chromium, expect, type PlaywrightTestConfig, test } from "@playwright/test";
import lighthouse from "lighthouse";
import { cpus, loadavg } from "node:os";
import { SLOWDOWN, slowDown } from "./phone";
import { OUT, serveHttp2 } from "./serve";
import { DrawPage } from "./site";

/**
 * Measures the built site on a simulated mid-range phone, and writes the results to the console and to
 * `$MEASURE/speed.json`. Times depend on the machine, so these limits detect only large regressions, and the tests run only
 * if MEASURE is set.
 */
const MIN_SCORES = { performance: 70, accessibility: 100, "best-practices": 100, seo: 100 };
const MAX_READY_TIME = 4_000; // ms
const MAX_TASK_TIME = 200; // ms
const PAGES = ["/", "/model", "/about", "/mistakes"] as const;
const FILE = `${process.env.MEASURE}/speed.json`;
/** Chromium's preset "Fast 4G". */
const FAST_4G = { offline: false, latency: 165, downloadThroughput: 1_012_500, uploadThroughput: 168_750 };
const PORT = 9223;

let server: Awaited<ReturnType<typeof serveHttp2>>;
let browser: Browser;
test.beforeAll(async ({}, { project }) => {
  server = await serveHttp2(OUT);
  browser = await launch(project.use);
});
test.afterAll(async () => {
  await browser.close();
  await server.close();
});

const launch = ({ launchOptions }: NonNullable<PlaywrightTestConfig["use"]>, ...args: string[]) =>
  chromium.launch({ ...launchOptions, args: [...(launchOptions?.args ?? []), server.trust, ...args] });

test.setTimeout(240_000);

/** Print a result and add it to the file. */
async function record(part: string, value: unknown): Promise<void> {
  const results = JSON.parse(await readFile(FILE, "utf8").catch(() => "{}"));
  const machine = `${cpus().length} × ${cpus()[0]?.model}, load ${loadavg()[0]?.toFixed(1)}`;
  await writeFile(FILE, `${JSON.stringify({ ...results, machine, [part]: value }, null, 2)}\n`);
  console.log(`${part}: ${JSON.stringify(value)}`);
}

test("Lighthouse, mobile", async ({}, { project }) => {
  const debugged = await launch(project.use, `--remote-debugging-port=${PORT}`);
  const scores: Record<string, Record<string, unknown>> = {};
  try {
    for (const page of PAGES) {
      const result = await lighthouse(server.url + page, { port: PORT, output: "json", logLevel: "error" });
      const { categories, audits, runtimeError, environment } = result!.lhr;
      scores[page] = {
        ...Object.fromEntries(
          Object.values(categories).map(({ id, score }) => [
            id,
            score === null ? null : Math.round(score * 100),
          ]),
        ),
        ...Object.fromEntries(
          [
            "first-contentful-paint",
            "largest-contentful-paint",
            "total-blocking-time",
            "cumulative-layout-shift",
          ].map((id) => [id, audits[id]?.displayValue]),
        ),
        // Measured without throttling: Lighthouse simulates a slower CPU. A mid-tier phone has 1000 (phone.ts).
        "benchmark index of the machine": Math.round(environment.benchmarkIndex),
        error: runtimeError?.message,
        below: Object.values(categories)
          .flatMap(({ auditRefs }) => auditRefs)
          .filter(({ id, weight }) => weight > 0 && (audits[id]?.score ?? 1) < 0.9)
          .map(({ id }) => id),
      };
    }
  } finally {
    await debugged.close();
  }
  await record("lighthouse", scores);
  for (const page of PAGES) {
    for (const [category, minimum] of Object.entries(MIN_SCORES)) {
      expect(scores[page]?.[category], `${category} of ${page}`).toBeGreaterThanOrEqual(minimum);
    }
  }
});

test("time from navigation until the model is ready", async () => {
  const times: number[] = [];
  for (let visit = 0; visit < 5; visit++) {
    const context = await browser.newContext({
      viewport: { width: 390, height: 844 },
      deviceScaleFactor: 2,
      hasTouch: true,
      isMobile: true,
      serviceWorkers: "block",
    });
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send("Network.enable");
    await session.send("Network.emulateNetworkConditions", FAST_4G);
    await session.send("Emulation.setCPUThrottlingRate", { rate: SLOWDOWN });
    await page.addInitScript(() => {
      const ready = new Promise((resolve) => {
        new MutationObserver((_, observer) => {
          if (document.querySelector('[data-testid=prediction][data-state="empty"]') === null) return;
          observer.disconnect();
          resolve(performance.now());
        }).observe(document, { subtree: true, childList: true, attributes: true });
      });
      Object.assign(globalThis, { ready });
    });
    await page.goto(server.url);
    // Not with a locator: Playwright would inject and compile 300 kB of code in the throttled page while it loads.
    const { result } = await session.send("Runtime.evaluate", {
      expression: "ready",
      awaitPromise: true,
      returnByValue: true,
    });
    await new DrawPage(page).expectState("empty");
    times.push(result.value as number);
    await context.close();
  }
  times.sort((a, b) => a - b);
  await record("ready, ms after navigation", {
    median: times[2],
    all: times,
    throttling: { cpu: SLOWDOWN, network: FAST_4G, protocol: "HTTP/2, Brotli" },
  });
  expect(times[2]).toBeLessThanOrEqual(MAX_READY_TIME);
});

test("long tasks while drawing", async () => {
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    serviceWorkers: "block",
  });
  const page = await context.newPage();
  const drawPage = new DrawPage(page);
  await page.goto(server.url);
  await drawPage.expectState("empty");
  await page.waitForLoadState("networkidle");
  const speed = await slowDown(page);
  const index = await speed();
  await page.evaluate(() => {
    const long: number[] = [];
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) long.push(Math.round(duration));
    }).observe({ type: "longtask" });
    (window as unknown as { long: number[] }).long = long;
  });

  for (const digit of [3, 8, 5, 2]) {
    await drawPage.drawDigit(digit);
    await drawPage.clear.click({ delay: 80 });
  }
  const long = await page.evaluate(() => (window as unknown as { long: number[] }).long);
  await record("tasks over 50 ms while drawing, ms", {
    digits: 4,
    long,
    throttling: { cpu: SLOWDOWN, "benchmark index": index },
  });
  await context.close();
  expect(Math.max(0, ...long)).toBeLessThanOrEqual(MAX_TASK_TIME);
});
