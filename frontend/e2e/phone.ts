import type { Page } from "@playwright/test";
import { pageFunctions } from "lighthouse/core/lib/page-functions.js";

/** By how much the processor is slowed down to stand for a mid-range phone's; less where it is slow itself. */
export const SLOWDOWN = Number(process.env.SLOWDOWN ?? 4);

/**
 * Slow a page's main thread down, as a phone would.
 *
 * A share of one processor is not the same phone as that share of another. The function that is given back tells which it is
 * at that moment, by Lighthouse's benchmark index: Chromium's developer tools take 1000 for a mid-tier phone (Pixel 5), and
 * 264 for a low-tier one (Moto G Power of 2022); see CalibrationController.ts of chrome-devtools-frontend. It takes a second.
 */
export async function slowDown(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: SLOWDOWN });
  return async () => Math.round(await page.evaluate(pageFunctions.computeBenchmarkIndex));
}
