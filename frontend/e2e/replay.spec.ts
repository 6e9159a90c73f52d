import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { Point } from "./shapes";
import { expect, test } from "./site";

/** What REPLAY_STROKES names: digits drawn with a pen in a box of 500 × 500, gzipped JSON. */
interface Sample {
  readonly id: string;
  readonly label: number;
  readonly writer: number;
  readonly strokes: readonly Point[][];
  /** What is wrong with it, if anything. */
  readonly flags?: readonly string[];
}

const COUNT = Number(process.env.REPLAY_COUNT ?? 200);

/**
 * `COUNT` samples, as many of each digit, evenly from the writers whom training never sees (ml/strokes.py); always the same
 * ones. Left out are those that are no whole digit.
 */
function choose(samples: readonly Sample[]): Sample[] {
  const whole = ({ flags = [] }: Sample) => !flags.includes("degenerate") && !flags.includes("fragment");
  return [...Array(10).keys()].flatMap((label) => {
    const candidates = samples
      .filter((sample) => sample.label === label && sample.writer % 3 === 0 && whole(sample))
      .toSorted((a, b) => a.writer - b.writer || a.id.localeCompare(b.id));
    const wanted = Math.floor((COUNT + label) / 10);
    return Array.from(
      { length: wanted },
      (_, i) => candidates[Math.floor((i * candidates.length) / wanted)]!,
    );
  });
}

test("reads what people really drew, replayed as pointer events", async ({ drawPage }, testInfo) => {
  test.setTimeout(0);
  const { samples } = JSON.parse(gunzipSync(readFileSync(process.env.REPLAY_STROKES!)).toString()) as {
    samples: Sample[];
  };
  const chosen = choose(samples);
  await drawPage.open();
  const misread: { id: string; label: number; answer: number; confidence: number }[] = [];
  for (const { id, label, strokes } of chosen) {
    await drawPage.draw(strokes.map((stroke) => stroke.map(([x, y]) => [x / 5, y / 5] as const)));
    await drawPage.expectState("settled");
    const answer = Number(await drawPage.prediction.getAttribute("data-digit"));
    const confidence = Number(await drawPage.prediction.getAttribute("data-confidence"));
    if (answer !== label) misread.push({ id, label, answer, confidence });
    await drawPage.clear.click();
    await drawPage.expectState("empty");
  }
  const release = await drawPage.prediction.getAttribute("data-release");
  const accuracy = 1 - misread.length / chosen.length;
  const report = testInfo.outputPath("replay.json");
  writeFileSync(report, JSON.stringify({ release, samples: chosen.length, accuracy, misread }, null, 2));
  const list = misread.map(({ id, label, answer }) => `  ${id}: a ${label} read as ${answer}\n`).join("");
  console.log(
    `${(accuracy * 100).toFixed(1)}% of ${chosen.length} samples read right; see ${report}\n${list}`,
  );
  expect(accuracy).toBeGreaterThanOrEqual(0.95);
});
