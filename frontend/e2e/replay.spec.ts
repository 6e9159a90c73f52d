import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { SLOWDOWN, slowDown } from "./phone";
import { isComplete, isValidationSample, readSamples, type Sample } from "../src/lib/ink/testing/penDigits";
import type { Stroke } from "../src/lib/ink/testing/shapes";
import { type DrawPage, expect, test } from "./site";

/**
 * Replays real drawings as pointer events on the built page. REPLAY_STROKES is the path of `pendigits-orig.tra`.
 * `npm run replay` predicts all of them without a browser.
 */

const COUNT = Number(process.env.REPLAY_COUNT ?? 200);
const OUT = fileURLToPath(new URL("../../visualizations/replay/", import.meta.url));

function report(name: string, results: object): void {
  mkdirSync(OUT, { recursive: true });
  writeFileSync(`${OUT}${name}.json`, `${JSON.stringify(results, null, 2)}\n`);
  console.log(JSON.stringify(results, null, 2), `\nWritten to ${OUT}${name}.json`);
}

/** Choose `COUNT` complete validation samples: equally many per digit, evenly spread over writers, deterministic. */
function chooseSamples(): Sample[] {
  const validation = readSamples(process.env.REPLAY_STROKES!).filter(isComplete).filter(isValidationSample);
  return [...Array(10).keys()].flatMap((label) => {
    const candidates = validation
      .filter((sample) => sample.label === label)
      .toSorted((a, b) => a.writer - b.writer || a.id.localeCompare(b.id));
    const count = Math.floor((COUNT + label) / 10);
    return Array.from({ length: count }, (_, i) => candidates[Math.floor((i * candidates.length) / count)]!);
  });
}

/** Scale the strokes of a sample to the units of `DrawPage.draw`, then shrink them by `scale` and shift them by `dx`. */
function toCanvas({ strokes }: Sample, dx = 0, scale = 1): Stroke[] {
  return strokes.map((stroke) =>
    stroke.map(({ x, y }) => [50 + dx + (x / 5 - 50) * scale, 50 + (y / 5 - 50) * scale] as const),
  );
}

async function drawAndPredict(drawPage: DrawPage, strokes: readonly Stroke[]): Promise<string | null> {
  await drawPage.draw(strokes);
  await drawPage.expectState("settled");
  return drawPage.prediction.getAttribute("data-number");
}

test("real drawings replayed as pointer events are recognized", async ({ drawPage }) => {
  test.setTimeout(0);
  const chosen = chooseSamples();
  await drawPage.open();
  const misclassified: { id: string; label: number; predicted: string | null; confidence: number }[] = [];
  for (const sample of chosen) {
    const { id, label } = sample;
    const predicted = await drawAndPredict(drawPage, toCanvas(sample));
    const confidence = Number(await drawPage.prediction.getAttribute("data-confidence"));
    if (predicted !== String(label)) misclassified.push({ id, label, predicted, confidence });
    await drawPage.clear.click();
    await drawPage.expectState("empty");
  }
  const release = await drawPage.prediction.getAttribute("data-release");
  const accuracy = 1 - misclassified.length / chosen.length;
  report("pointer-events", { release, samples: chosen.length, accuracy, misclassified });
  expect(accuracy).toBeGreaterThanOrEqual(0.95);
});

/** Name of a top-level task in Chromium's traces. */
const TASK = "ThreadControllerImpl::RunTask";

/** An event of a Chromium trace: start `ts`, duration `dur` and CPU time `tdur` in microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: {
    readonly name?: string;
    readonly chrome_mojo_event_info?: { readonly mojo_interface_tag?: string };
  };
}

/** CPU time in milliseconds of each task on the page's main thread, without the tasks that Playwright causes. */
function mainThreadTasks(trace: Buffer): number[] {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const main = traceEvents.filter(
    ({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain",
  );
  const perThread = main.map(({ pid, tid }) => {
    const events = traceEvents.filter((event) => event.pid === pid && event.tid === tid);
    // Playwright's commands arrive as messages of this interface.
    const commands = events
      .filter(
        ({ args }) => args?.chrome_mojo_event_info?.mojo_interface_tag === "blink.mojom.DevToolsSession",
      )
      .map(({ ts }) => ts);
    return events
      .filter(({ name, ts, dur = 0 }) => name === TASK && !commands.some((at) => ts <= at && at <= ts + dur))
      .map(({ tdur = 0 }) => tdur / 1000);
  });
  return perThread.toSorted((a, b) => b.length - a.length)[0] ?? [];
}

test("the main thread has no long tasks while numbers are drawn on a throttled CPU", async ({
  drawPage,
  page,
  browser,
}) => {
  test.setTimeout(0);
  await page.setViewportSize({ width: 390, height: 844 });
  await drawPage.open();
  const speed = await slowDown(page);
  const before = await speed();
  const chosen = chooseSamples();
  const numbers = Array.from({ length: 4 }, (_, i) =>
    [0, 1, 2].flatMap((k) => toCanvas(chosen[(37 * (3 * i + k)) % chosen.length]!, (k - 1) * 45, 0.55)),
  );
  // Compute all positions first, because each query causes a layout, which would be part of the trace.
  const paths = await Promise.all(
    numbers.map((number) => Promise.all(number.map((stroke) => drawPage.toPixels(stroke)))),
  );
  const { x, y, width, height } = (await drawPage.clear.boundingBox())!;
  await browser.startTracing(page, { categories: ["toplevel", "disabled-by-default-devtools.timeline"] });
  for (const number of paths) {
    for (const [first, ...rest] of number) {
      await page.mouse.move(...first!);
      await page.mouse.down();
      for (const point of rest) {
        await page.mouse.move(...point);
        // A pen reports about 100 points per second.
        await page.waitForTimeout(8);
      }
      await page.mouse.up();
    }
    await drawPage.expectState("settled");
    await page.mouse.move(x + width / 2, y + height / 2);
    await page.mouse.down();
    // A tap takes some time.
    await page.waitForTimeout(80);
    await page.mouse.up();
  }
  const tasks = mainThreadTasks(await browser.stopTracing()).toSorted((a, b) => b - a);
  report("main-thread", {
    cpuThrottling: SLOWDOWN,
    // A mid-tier phone has 1000 (phone.ts).
    benchmarkIndex: { before, after: await speed() },
    unit: "milliseconds of processor time, throttled",
    numbers: numbers.length,
    strokes: numbers.flat().length,
    points: numbers.flat(2).length,
    tasks: tasks.length,
    tasksOver50: tasks.filter((task) => task > 50).length,
    longest: tasks.slice(0, 5).map(Math.round),
  });
  expect(tasks.length).toBeGreaterThan(numbers.flat(2).length);
  // Requires an idle machine, because other processes increase the CPU time.
  expect(tasks.filter((task) => task > 50)).toEqual([]);
});
