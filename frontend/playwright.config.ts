import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

/** The full browser. */
export const CHROMIUM = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";

/** Chromium without a user interface. It takes two thirds of the CPU time. */
const HEADLESS_SHELL = "/usr/bin/chromium-headless-shell";

/** URL of a deployed site to test. If it is not set, e2e/site.ts serves the build. */
const deployed = process.env.E2E_BASE_URL;
const isRoot = process.getuid?.() === 0;

export default defineConfig({
  testDir: "e2e",
  // These have separate commands: `replay` needs data that is not in the repository, `pictures` takes the README's
  // screenshots, and `measure` records times, which depend on the machine.
  testIgnore: [
    ...(process.env.REPLAY_STROKES ? [] : ["replay.spec.ts"]),
    ...(process.env.PICTURES ? [] : ["pictures.spec.ts"]),
    ...(process.env.MEASURE ? [] : ["measure.spec.ts"]),
    // This file serves modified copies of the build.
    ...(deployed ? ["offline.spec.ts"] : []),
  ],
  forbidOnly: Boolean(process.env.CI),
  fullyParallel: true,
  workers: 2,
  // Even on a busy machine, only a test that hangs reaches these limits.
  timeout: 240_000,
  expect: { timeout: 60_000 },
  reporter: [["list"]],
  use: {
    baseURL: deployed,
    browserName: "chromium",
    viewport: { width: 1280, height: 800 },
    screenshot: "only-on-failure",
    // A service worker would answer requests that tests intercept. offline.spec.ts allows service workers.
    serviceWorkers: "block",
    launchOptions: {
      executablePath:
        process.env.CHROMIUM_PATH === undefined && existsSync(HEADLESS_SHELL) ? HEADLESS_SHELL : CHROMIUM,
      chromiumSandbox: !isRoot,
      args: [
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--disable-quic",
      ],
    },
  },
});
