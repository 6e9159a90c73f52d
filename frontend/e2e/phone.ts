import type { Page } from "@playwright/test";
import { pageFunctions } from "lighthouse/core/lib/page-functions.js";

/** Factor by which the CPU is throttled to simulate a mid-range phone. Use a smaller one on a slow machine. */
export const SLOWDOWN = Number(process.env.SLOWDOWN ?? 4);

/**
 * Throttle a page's CPU by `SLOWDOWN`.
 *
 * The resulting speed depends on the machine. It can be measured with Lighthouse's benchmark index. Chrome DevTools assumes
 * 1000 for a mid-tier phone (Pixel 5) and 264 for a low-tier phone (Moto G Power, 2022); see CalibrationController.ts in
 * chrome-devtools-frontend.
 *
 * @returns A function that measures the current benchmark index in about a second.
 */
export async function slowDown(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: SLOWDOWN });
  return async () => Math.round(await page.evaluate(pageFunctions.computeBenchmarkIndex));
}
