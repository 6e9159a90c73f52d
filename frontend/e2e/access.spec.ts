import type { Page } from "@playwright/test";
import { site } from "../src/text/site";
import {
  makeRenderingFail,
  configure,
  type DrawPage,
  expect,
  expectAccessible,
  expectFitsScreens,
  expectLoaded,
  test,
} from "./site";

/** A state of a page. */
interface State {
  readonly name: string;
  readonly path: string;
  /** Runs before the page opens. */
  readonly prepare?: (page: Page) => Promise<unknown>;
  /** Brings the open page into the state. */
  readonly arrange: (drawPage: DrawPage, page: Page) => Promise<unknown>;
}

/** The states of every page except the model page, which model.spec.ts checks. Add new states here. */
const STATES: readonly State[] = [
  ...site.pages
    .filter(({ href }) => href !== "/model")
    .map(({ name, href }) => ({
      name,
      path: href,
      arrange: (_: DrawPage, page: Page) => expectLoaded(page, href),
    })),
  {
    name: "Draw, a digit",
    path: "/",
    arrange: async (drawPage) => {
      await drawPage.expectState("empty");
      await drawPage.drawDigit(3);
    },
  },
  {
    name: "Draw, a number",
    path: "/",
    arrange: async (drawPage) => {
      await drawPage.expectState("empty");
      await drawPage.drawNumber("4752", { 7: 1 });
    },
  },
  {
    name: "Draw, with the share options",
    path: "/",
    prepare: (page) =>
      page.addInitScript(() => Object.defineProperty(navigator, "clipboard", { value: undefined })),
    arrange: async (drawPage, page) => {
      await drawPage.expectState("empty");
      await drawPage.drawDigit(3);
      await page.getByRole("button", { name: "Share" }).click();
      await page.getByRole("button", { name: "Copy link" }).click();
      await expect(page.getByLabel("Link to this drawing")).toBeVisible();
    },
  },
  {
    name: "Draw, from a damaged link",
    path: "/#ink=AQ",
    arrange: async (drawPage, page) => {
      await drawPage.expectState("empty");
      await expect(page.getByRole("alert").filter({ hasText: "damaged" })).toBeVisible();
    },
  },
  {
    name: "Draw, when rendering fails",
    path: "/",
    prepare: makeRenderingFail,
    arrange: async (_, page) => {
      await expect(page.getByRole("alert").getByRole("heading", { name: site.error.heading })).toBeVisible();
      // Axe needs a working canvas to compute contrasts.
      await page.evaluate(() => dispatchEvent(new Event("repair")));
    },
  },
  {
    name: "Draw, while the model loads",
    path: "/",
    prepare: (page) => page.route("**/model/model.json", () => {}),
    arrange: (drawPage) => drawPage.expectState("loading"),
  },
  {
    name: "Draw, without a model",
    path: "/",
    prepare: (page) => page.route("**/model/model.json", (route) => route.fulfill({ status: 500 })),
    arrange: (drawPage) => drawPage.expectState("error"),
  },
  {
    name: "Not found",
    path: "/no-such-page",
    arrange: async () => {},
  },
];

test.use({ expectedConsoleErrors: /status of (404|500)|a rendering failure/ });
test.beforeEach(({ page }) => configure(page, { storage: null }));

for (const { name, path, prepare, arrange } of STATES) {
  test(`${name}: is accessible and fits every screen`, async ({ drawPage, page }) => {
    await prepare?.(page);
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await arrange(drawPage, page);
    await expectAccessible(page);
    await expectFitsScreens(page);
  });
}

/** The elements with a CSS animation or transition, on themselves or a pseudo-element. */
const movingElements = (page: Page) =>
  page.evaluate(() => {
    const isMoving = ({ animationName, transitionProperty, transitionDuration }: CSSStyleDeclaration) =>
      animationName !== "none" || (transitionProperty !== "none" && /[1-9]/.test(transitionDuration));
    return [...document.querySelectorAll("*")]
      .filter((element) =>
        [null, "::before", "::after"].some((pseudo) => isMoving(getComputedStyle(element, pseudo))),
      )
      .map(({ outerHTML }) => outerHTML.slice(0, 100));
  });

test.describe("with reduced motion", () => {
  test.use({ contextOptions: { reducedMotion: "reduce" } });

  test("the pages have no animations", async ({ drawPage, page }) => {
    for (const { href } of site.pages) {
      await page.goto(href);
      await expectLoaded(page, href);
      if (href === "/") await drawPage.drawDigit(5);
      expect(await movingElements(page), href).toEqual([]);
    }
  });
});
