import type { APIRequestContext, Page } from "@playwright/test";
import { SHAPES } from "../src/lib/ink/testing/shapes";
import { configure, expect, holdRequests, publish, STORAGE, STORAGE_ORIGIN, test } from "./site";

const ONE = SHAPES[1]![0]!.strokes;

async function bundledRelease(request: APIRequestContext): Promise<string> {
  return ((await (await request.get("/model/manifest.json")).json()) as { release: string }).release;
}

test("without Storage, the page runs and names the bundled release", async ({ drawPage, page, request }) => {
  await configure(page, { storage: null });
  await drawPage.open();
  const bundled = await bundledRelease(request);
  await expect(drawPage.prediction).toHaveAttribute("data-release", bundled);
  await expect(page.getByText(`Release ${bundled}, bundled with this page`)).toBeVisible();
  await expect(page.getByText("could not be used")).toBeHidden();
  await drawPage.drawDigit(4);
  await expect(drawPage.prediction).toHaveAttribute("data-digit", "4");
  await expect(page.getByText(/\d ms for the last prediction, on WebAssembly/)).toBeVisible();
  // The duration is shown only with its prediction.
  await drawPage.clear.click();
  await expect(page.getByText("Runs on WebAssembly")).toBeVisible();
});

test.describe("with Storage", () => {
  test.use({ allowedOrigin: STORAGE_ORIGIN });

  test("the published release runs", async ({ drawPage, page, request }) => {
    const { id } = await publish(page, request, "stored");
    await drawPage.open();
    await expect(drawPage.prediction).toHaveAttribute("data-release", id);
    await expect(page.getByText(`Release ${id}, downloaded from Storage`)).toBeVisible();
    await drawPage.drawDigit(8);
    await expect(drawPage.prediction).toHaveAttribute("data-digit", "8");
  });

  test("a release with one modified byte is rejected: the bundled release runs, and the page says why", async ({
    drawPage,
    page,
    request,
  }) => {
    const { objects } = await publish(page, request, "stored");
    const [path, weights] = [...objects].find(([name]) => name.endsWith(".bin")) ?? [];
    const corrupt = Buffer.from(weights!);
    corrupt[1000]! ^= 1;
    objects.set(path!, corrupt);
    await drawPage.open();
    await expect(drawPage.prediction).toHaveAttribute("data-release", await bundledRelease(request));
    await expect(page.getByText("The published model could not be used")).toBeVisible();
    await expect(page.getByText(/\.bin does not match its SHA-256 hash/)).toBeVisible();
    await drawPage.drawDigit(6);
    await expect(drawPage.prediction).toHaveAttribute("data-digit", "6");
  });

  test.describe("that cannot be reached", () => {
    test.use({ expectedConsoleErrors: /net::ERR_CONNECTION_REFUSED/ });

    test("the bundled release runs, and the page says why", async ({ drawPage, page, request }) => {
      await configure(page, { storage: STORAGE });
      await page.route(`${STORAGE_ORIGIN}/**`, (route) => route.abort("connectionrefused"));
      await drawPage.open();
      await expect(drawPage.prediction).toHaveAttribute("data-release", await bundledRelease(request));
      await expect(page.getByText(/current\.json could not be reached/)).toBeVisible();
      await drawPage.drawDigit(0);
      await expect(drawPage.prediction).toHaveAttribute("data-digit", "0");
    });
  });
});

test.describe("without WebAssembly", () => {
  test.use({ expectedConsoleErrors: /wasm|net::ERR_FAILED|Failed to fetch/i });

  test("the model runs on plain JavaScript", async ({ drawPage, page }) => {
    await page.route("**/*.wasm", (route) => route.abort());
    await drawPage.open();
    await expect(page.getByText("plain JavaScript")).toBeVisible();
    await drawPage.drawDigit(9);
    await expect(drawPage.prediction).toHaveAttribute("data-digit", "9");
  });
});

test.describe("when the model cannot run", () => {
  test.use({ expectedConsoleErrors: /status of 500|net::ERR_FAILED/ });

  test.beforeEach(async ({ page }) => {
    // Load the worker from a missing script while the session storage has this key.
    await page.addInitScript(() => {
      const Original = Worker;
      window.Worker = class extends Original {
        constructor(url: string | URL, options?: WorkerOptions) {
          super(sessionStorage.getItem("broken worker") === null ? url : "/broken-worker.js", options);
        }
      };
    });
    await page.route("**/broken-worker.js", (route) => route.fulfill({ status: 500 }));
  });

  for (const [part, fail, repair] of [
    [
      "the model",
      (page: Page) => page.route("**/model/model.json", (route) => route.fulfill({ status: 500 })),
      (page: Page) => page.unroute("**/model/model.json"),
    ],
    [
      "the worker",
      (page: Page) => page.addInitScript(() => sessionStorage.setItem("broken worker", "")),
      (page: Page) => page.evaluate(() => sessionStorage.removeItem("broken worker")),
    ],
  ] as const) {
    test(`the page shows an error, keeps the drawing and can retry: ${part}`, async ({ drawPage, page }) => {
      await configure(page, { storage: null });
      await fail(page);
      await page.goto("/");
      await drawPage.expectState("error");
      await expect(page.getByRole("alert").filter({ hasText: "The model could not run." })).toBeVisible();
      await drawPage.draw(ONE);
      await drawPage.expectState("error");
      await repair(page);
      await page.getByRole("button", { name: "Try again" }).click();
      await drawPage.expectState("settled");
      await expect(drawPage.prediction).toHaveAttribute("data-digit", "1");
    });
  }
});

test("a drawing made while the model loads is predicted when it is ready", async ({ drawPage, page }) => {
  const release = await holdRequests(page, "**/model/model.json");
  await page.goto("/");
  await drawPage.expectState("loading");
  await drawPage.draw(ONE);
  await drawPage.expectState("loading");
  release();
  await drawPage.expectState("settled");
  await expect(drawPage.prediction).toHaveAttribute("data-digit", "1");
});
