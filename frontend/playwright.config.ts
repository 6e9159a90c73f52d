import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

/** The browser as visitors have it. */
export const CHROMIUM = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";

/** The same engine without a user interface, which needs two thirds of the CPU time. */
const HEADLESS_SHELL = "/usr/bin/chromium-headless-shell";

/** The tests run on this site if it is set, and otherwise on the build, which e2e/site.ts serves. */
const deployed = process.env.E2E_BASE_URL;
const isRoot = process.getuid?.() === 0;

export default defineConfig({
  testDir: "e2e",
  // These run by commands of their own: the replay needs data that is not in the repository, `pictures` writes the
  // README's screenshots, and `measure` records times, which depend on the machine.
  testIgnore: [
    ...(process.env.REPLAY_STROKES ? [] : ["replay.spec.ts"]),
    ...(process.env.PICTURES ? [] : ["pictures.spec.ts"]),
    ...(process.env.MEASURE ? [] : ["measure.spec.ts"]),
    // It serves and changes its own copies of the build.
    ...(deployed ? ["offline.spec.ts"] : []),
  ],
  forbidOnly: Boolean(process.env.CI),
  fullyParallel: true,
  workers: 2,
  // Only a test that hangs reaches these limits, on a busy machine too.
  timeout: 240_000,
  expect: { timeout: 60_000 },
  reporter: [["list"]],
  use: {
    baseURL: deployed,
    browserName: "chromium",
    viewport: { width: 1280, height: 800 },
    screenshot: "only-on-failure",
    // The service worker would answer instead of the faults that tests cause. offline.spec.ts allows it.
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
