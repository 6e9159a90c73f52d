import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isValidationSample, readSamples, type Sample } from "../replay/strokes";
import { SLOWDOWN, slowDown } from "./phone";
import type { Stroke } from "./shapes";
import { type DrawPage, expect, test } from "./site";

/**
 * What people really drew (REPLAY_STROKES: digits in a box of 500 × 500, gzipped JSON), replayed as pointer events on the
 * built page. `npm run replay` reads all of them, without a browser.
 */

const COUNT = Number(process.env.REPLAY_COUNT ?? 200);
const OUT = fileURLToPath(new URL("../../visualizations/replay/", import.meta.url));

function report(name: string, results: object): void {
  mkdirSync(OUT, { recursive: true });
  writeFileSync(`${OUT}${name}.json`, `${JSON.stringify(results, null, 2)}\n`);
  console.log(JSON.stringify(results, null, 2), `\nWritten to ${OUT}${name}.json`);
}

/** `COUNT` whole digits, as many of each, evenly from the writers whom training never sees; always the same ones. */
function choose(): Sample[] {
  const unseen = readSamples(process.env.REPLAY_STROKES!).complete.filter(isValidationSample);
  return [...Array(10).keys()].flatMap((label) => {
    const candidates = unseen
      .filter((sample) => sample.label === label)
      .toSorted((a, b) => a.writer - b.writer || a.id.localeCompare(b.id));
    const wanted = Math.floor((COUNT + label) / 10);
    return Array.from(
      { length: wanted },
      (_, i) => candidates[Math.floor((i * candidates.length) / wanted)]!,
    );
  });
}

/** As it was written in its box, which is as high as the paper; moved and shrunk for numbers. */
function onPaper({ strokes }: Sample, dx = 0, scale = 1): Stroke[] {
  return strokes.map((stroke) =>
    stroke.map(({ x, y }) => [50 + dx + (x / 5 - 50) * scale, 50 + (y / 5 - 50) * scale] as const),
  );
}

async function write(drawPage: DrawPage, strokes: readonly Stroke[]): Promise<string | null> {
  await drawPage.draw(strokes);
  await drawPage.expectState("settled");
  return drawPage.prediction.getAttribute("data-number");
}

test("reads what people really drew, replayed as pointer events", async ({ drawPage }) => {
  test.setTimeout(0);
  const chosen = choose();
  await drawPage.open();
  const misread: { id: string; label: number; answer: string | null; confidence: number }[] = [];
  for (const sample of chosen) {
    const { id, label } = sample;
    const answer = await write(drawPage, onPaper(sample));
    const confidence = Number(await drawPage.prediction.getAttribute("data-confidence"));
    if (answer !== String(label)) misread.push({ id, label, answer, confidence });
    await drawPage.clear.click();
    await drawPage.expectState("empty");
  }
  const release = await drawPage.prediction.getAttribute("data-release");
  const accuracy = 1 - misread.length / chosen.length;
  report("pointer-events", { release, samples: chosen.length, accuracy, misread });
  expect(accuracy).toBeGreaterThanOrEqual(0.95);
});

/** Chromium's name of a task; what is nested in it has another. */
const TASK = "ThreadControllerImpl::RunTask";

/** A finished piece of work in Chromium's trace: microseconds on the clock, and of the processor's time. */
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

/** Milliseconds of processor time of each task on the page's main thread, but for those that this test asks for. */
function mainThreadTasks(trace: Buffer): number[] {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const main = traceEvents.filter(
    ({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain",
  );
  const perThread = main.map(({ pid, tid }) => {
    const own = traceEvents.filter((event) => event.pid === pid && event.tid === tid);
    // What Playwright has evaluated to see how the page is arrives as such a message.
    const asked = own
      .filter(
        ({ args }) => args?.chrome_mojo_event_info?.mojo_interface_tag === "blink.mojom.DevToolsSession",
      )
      .map(({ ts }) => ts);
    return own
      .filter(({ name, ts, dur = 0 }) => name === TASK && !asked.some((at) => ts <= at && at <= ts + dur))
      .map(({ tdur = 0 }) => tdur / 1000);
  });
  return perThread.toSorted((a, b) => b.length - a.length)[0] ?? [];
}

test("the page stays free while numbers are written on a phone four times slower", async ({
  drawPage,
  page,
  browser,
}) => {
  test.setTimeout(0);
  await page.setViewportSize({ width: 390, height: 844 });
  await drawPage.open();
  const speed = await slowDown(page);
  const before = await speed();
  const chosen = choose();
  const numbers = Array.from({ length: 4 }, (_, i) =>
    [0, 1, 2].flatMap((k) => onPaper(chosen[(37 * (3 * i + k)) % chosen.length]!, (k - 1) * 45, 0.55)),
  );
  // What is asked of the page makes it lay itself out, and is not counted: so nothing is asked for while it is drawn on.
  const paths = await Promise.all(
    numbers.map((number) => Promise.all(number.map((stroke) => drawPage.place(stroke)))),
  );
  const { x, y, width, height } = (await drawPage.clear.boundingBox())!;
  await browser.startTracing(page, { categories: ["toplevel", "disabled-by-default-devtools.timeline"] });
  for (const number of paths) {
    for (const [first, ...rest] of number) {
      await page.mouse.move(...first!);
      await page.mouse.down();
      for (const point of rest) {
        await page.mouse.move(...point);
        // A pen reports about a hundred times a second.
        await page.waitForTimeout(8);
      }
      await page.mouse.up();
    }
    await drawPage.expectState("settled");
    await page.mouse.move(x + width / 2, y + height / 2);
    await page.mouse.down();
    // A finger does not lift in the moment in which it touches.
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
  // On a quiet machine: what else runs takes from the processor's time, too.
  expect(tasks.filter((task) => task > 50)).toEqual([]);
});
