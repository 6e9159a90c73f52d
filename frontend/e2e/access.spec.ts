import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { site } from "../src/text/site";
import { breakPages, configure, type DrawPage, expect, test } from "./site";

/** A state of the site that everyone has to be able to use. */
interface State {
  readonly name: string;
  readonly path: string;
  /** From the page as it comes to the state. */
  readonly arrange?: (page: Page, drawPage: DrawPage) => Promise<void>;
}

/** Every page of the navigation as it comes, and what a visitor can make of them: add yours. */
const STATES: readonly State[] = [
  ...site.pages.map(({ name, href }) => ({ name, path: href })),
  { name: "Draw, read", path: "/", arrange: (_, drawPage) => drawPage.drawDigit(3) },
  {
    name: "Draw, a number",
    path: "/",
    arrange: async (_, drawPage) => {
      await drawPage.drawNumber("4752", { 7: 1 });
    },
  },
  {
    name: "Draw, with the ways to share",
    path: "/",
    arrange: async (page, drawPage) => {
      await page.addInitScript(() => {
        Object.defineProperty(navigator, "clipboard", { value: undefined });
      });
      await page.reload();
      await drawPage.expectState("empty");
      await drawPage.drawDigit(3);
      await page.getByRole("button", { name: "Share" }).click();
      await page.getByRole("button", { name: "Copy link" }).click();
      await expect(page.getByLabel("Link to this drawing")).toBeVisible();
    },
  },
  {
    name: "Draw, from a damaged link",
    path: "/",
    arrange: async (page) => {
      await page.evaluate(() => (location.hash = "#ink=AQ"));
      await expect(page.getByRole("alert").filter({ hasText: "damaged" })).toBeVisible();
    },
  },
  {
    name: "Draw, broken",
    path: "/",
    arrange: async (page) => {
      const mend = await breakPages(page);
      await page.reload();
      await expect(page.getByRole("alert").getByRole("heading", { name: site.broken.heading })).toBeVisible();
      // axe needs a canvas to tell contrasts.
      await mend();
    },
  },
  {
    name: "Draw, with the network on its way",
    path: "/",
    arrange: async (page, drawPage) => {
      await page.route("**/model/model.json", () => {});
      await page.reload();
      await drawPage.expectState("loading");
    },
  },
  {
    name: "Draw, without a network",
    path: "/",
    arrange: async (page, drawPage) => {
      await page.route("**/model/model.json", (route) => route.fulfill({ status: 500 }));
      await page.reload();
      await drawPage.expectState("error");
    },
  },
  { name: "Not found", path: "/no-such-page" },
];

/** WCAG 2.2 AA, and what axe recommends beyond. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

async function reach({ path, arrange }: State, page: Page, drawPage: DrawPage): Promise<void> {
  await page.goto(path);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  if (path === "/") await drawPage.expectState("empty");
  else await page.waitForLoadState("networkidle");
  await arrange?.(page, drawPage);
}

test.use({ expectedComplaints: /status of (404|500)|a break/ });
test.beforeEach(({ page }) => configure(page, { storage: null }));

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`in the ${colorScheme}`, () => {
    test.use({ colorScheme });

    for (const state of STATES) {
      test(`axe finds nothing: ${state.name}`, async ({ drawPage, page }) => {
        await reach(state, page, drawPage);
        const { violations, passes } = await new AxeBuilder({ page }).withTags(RULES).analyze();
        expect(
          violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`),
        ).toEqual([]);
        expect(passes.map(({ id }) => id)).toEqual(expect.arrayContaining(["color-contrast", "target-size"]));
      });
    }
  });
}

const SCREENS = {
  "the narrowest phone": { width: 320, height: 568 },
  "a phone on its side": { width: 740, height: 360 },
  "a tablet": { width: 768, height: 1024 },
  "a 4K screen": { width: 3840, height: 2160 },
} as const;

for (const [screen, viewport] of Object.entries(SCREENS)) {
  test.describe(`on ${screen}`, () => {
    test.use({ viewport });

    for (const state of STATES) {
      test(`nothing is wider than the screen: ${state.name}`, async ({ drawPage, page }) => {
        await reach(state, page, drawPage);
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        expect(width).toBeLessThanOrEqual(viewport.width);
      });
    }
  });
}

test.describe("with reduced motion", () => {
  test.use({ contextOptions: { reducedMotion: "reduce" } });

  test("nothing moves by itself", async ({ drawPage, page }) => {
    for (const { href } of site.pages) {
      await page.goto(href);
      if (href === "/") {
        await drawPage.expectState("empty");
        await drawPage.drawDigit(5);
      }
      expect(await page.evaluate(() => document.getAnimations().length), href).toBe(0);
    }
  });
});
