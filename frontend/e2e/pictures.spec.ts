import { site } from "../src/text/site";
import { expect, test } from "./site";

/** Devices of the README's screenshots, which are saved in the folder PICTURES. */
const views = {
  desktop: { viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1.5 },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true },
} as const;

for (const [name, view] of Object.entries(views)) {
  test.describe(name, () => {
    test.use(view);

    test(`screenshot of the draw page on a ${name}`, async ({ drawPage, page }) => {
      await drawPage.open();
      await drawPage.drawDigit(7, 1);
      await expect(drawPage.prediction).toHaveAttribute("data-digit", "7");
      await page.screenshot({ path: `${process.env.PICTURES!}/app-${name}.png`, animations: "disabled" });
    });
  });
}

/** Screenshots of every page for manual review. They are not committed. */
for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [390, 768, 1440]) {
    test.describe(`${colorScheme}, ${width} px`, () => {
      test.use({ colorScheme, viewport: { width, height: 900 } });

      for (const { href, name } of site.pages) {
        test(`screenshot of ${name}`, async ({ page }) => {
          await page.goto(href, { waitUntil: "networkidle" });
          // Sections far below the viewport are rendered only when they are near it, so the viewport is as high as the page.
          const { height } = await page.evaluate(() => document.documentElement.getBoundingClientRect());
          await page.setViewportSize({ width, height: Math.ceil(height) });
          const path = `test-results/pages/${name}-${colorScheme}-${width}.png`;
          await page.screenshot({ path, animations: "disabled", fullPage: true });
        });
      }
    });
  }
}
