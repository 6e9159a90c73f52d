import config, { CHROMIUM } from "../playwright.config";
import { expect, test } from "./site";

// The headless shell does not report installability errors.
test.use({ launchOptions: { ...config.use?.launchOptions, executablePath: CHROMIUM } });

test("the site can be installed", async ({ page, request }) => {
  await page.goto("/");
  const href = await page.locator("link[rel=manifest]").getAttribute("href");
  const manifest = (await (await request.get(href!)).json()) as { icons: { src: string }[]; name: string };
  expect(manifest.name).toBe("Ink to Digit");
  for (const { src } of manifest.icons) {
    const icon = await request.get(src);
    expect(icon.ok(), src).toBe(true);
    expect(icon.headers()["content-type"]).toBe("image/png");
  }
  const session = await page.context().newCDPSession(page);
  const { installabilityErrors } = await session.send("Page.getInstallabilityErrors");
  expect(installabilityErrors.map(({ errorId }) => errorId)).toEqual(["in-incognito"]);
});
