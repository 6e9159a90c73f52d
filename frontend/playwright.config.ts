import { defineConfig } from "@playwright/test";

/** Tests run on this site if it is set, and otherwise on the build, which each worker serves (e2e/site.ts). */
const deployed = process.env.E2E_BASE_URL;
const isRoot = process.getuid?.() === 0;

export default defineConfig({
  testDir: "e2e",
  // The replay needs strokes that are not part of the repository; the pictures are no tests, and times are the machine's.
  testIgnore: [
    ...(process.env.REPLAY_STROKES ? [] : ["replay.spec.ts"]),
    ...(process.env.PICTURES ? [] : ["pictures.spec.ts"]),
    ...(process.env.MEASURE ? [] : ["measure.spec.ts"]),
    // It deploys versions of a site of its own: one that runs elsewhere would not be what it tests.
    ...(deployed ? ["offline.spec.ts"] : []),
  ],
  forbidOnly: Boolean(process.env.CI),
  workers: 1,
  timeout: 60_000,
  reporter: [["list"]],
  use: {
    baseURL: deployed,
    browserName: "chromium",
    viewport: { width: 1280, height: 800 },
    screenshot: "only-on-failure",
    // It would answer in the place of the faults that tests provoke; offline.spec.ts is about it.
    serviceWorkers: "block",
    launchOptions: {
      executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
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
