import type { APIRequestContext } from "@playwright/test";
import { configure, expect, publish, STORAGE, STORAGE_ORIGIN, test } from "./site";

const STORED = "5".repeat(16);

async function bundledRelease(request: APIRequestContext): Promise<string> {
  return ((await (await request.get("/model/manifest.json")).json()) as { release: string }).release;
}

test("without Storage, the bundled release runs, and the page says so", async ({
  drawPage,
  page,
  request,
}) => {
  await configure(page, { storage: null });
  await drawPage.open();
  const bundled = await bundledRelease(request);
  await expect(drawPage.prediction).toHaveAttribute("data-release", bundled);
  await expect(page.getByText(`Release ${bundled}, bundled with this page`)).toBeVisible();
  await expect(page.getByText("could not be used")).toBeHidden();
  await drawPage.drawDigit(4);
  await expect(drawPage.prediction).toHaveAttribute("data-digit", "4");
  await expect(page.getByText(/\d ms for the last answer, on WebAssembly/)).toBeVisible();
  // The next answer may be another network's, or come another way.
  await drawPage.clear.click();
  await expect(page.getByText("Runs on WebAssembly")).toBeVisible();
});

test.describe("with Storage", () => {
  test.use({ allowedOrigin: STORAGE_ORIGIN });

  test("the release that it points at runs", async ({ drawPage, page, request }) => {
    await publish(page, request, STORED);
    await drawPage.open();
    await expect(drawPage.prediction).toHaveAttribute("data-release", STORED);
    await expect(page.getByText(`Release ${STORED}, fetched from Storage`)).toBeVisible();
    await drawPage.drawDigit(8);
    await expect(drawPage.prediction).toHaveAttribute("data-digit", "8");
  });

  test("one changed byte is refused: the bundled release runs, and the page says why", async ({
    drawPage,
    page,
    request,
  }) => {
    const objects = await publish(page, request, STORED);
    const [path, weights] = [...objects].find(([name]) => name.endsWith(".bin")) ?? [];
    const corrupt = Buffer.from(weights!);
    corrupt[1000]! ^= 1;
    objects.set(path!, corrupt);
    await drawPage.open();
    await expect(drawPage.prediction).toHaveAttribute("data-release", await bundledRelease(request));
    await expect(page.getByText("The published network could not be used")).toBeVisible();
    await expect(page.getByText(/\.bin is not the file that its release promised/)).toBeVisible();
    await drawPage.drawDigit(6);
    await expect(drawPage.prediction).toHaveAttribute("data-digit", "6");
  });

  test.describe("out of reach", () => {
    test.use({ expectedComplaints: /net::ERR_CONNECTION_REFUSED/ });

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
  test.use({ expectedComplaints: /wasm|net::ERR_FAILED|Failed to fetch/i });

  test("the network runs on plain JavaScript", async ({ drawPage, page }) => {
    await page.route("**/*.wasm", (route) => route.abort());
    await drawPage.open();
    await expect(page.getByText("plain JavaScript")).toBeVisible();
    await drawPage.drawDigit(9);
    await expect(drawPage.prediction).toHaveAttribute("data-digit", "9");
  });
});

test.describe("when nothing can run", () => {
  test.use({ expectedComplaints: /status of 500|net::ERR_FAILED/ });

  for (const [what, pattern] of [
    ["the network", "**/model/model.json"],
    ["the worker", "**/turbopack-worker-*.js*"],
  ] as const) {
    test(`the page says so and can try again, with the ink kept: no ${what}`, async ({ drawPage, page }) => {
      await configure(page, { storage: null });
      await page.route(pattern, (route) => route.fulfill({ status: 500 }));
      await page.goto("/");
      await drawPage.expectState("error");
      await expect(page.getByRole("alert").filter({ hasText: "The network could not run." })).toBeVisible();
      await drawPage.draw([
        [
          [50, 10],
          [50, 50],
          [50, 90],
        ],
      ]);
      await drawPage.expectState("error");
      await page.unroute(pattern);
      await page.getByRole("button", { name: "Try again" }).click();
      await drawPage.expectState("settled");
      await expect(drawPage.prediction).toHaveAttribute("data-digit", "1");
    });
  }
});

test("ink drawn while the network loads is read as soon as it is there", async ({ drawPage, page }) => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route("**/model/model.json", async (route) => {
    await held;
    await route.continue();
  });
  await page.goto("/");
  await drawPage.expectState("loading");
  await drawPage.draw([
    [
      [50, 10],
      [50, 50],
      [50, 90],
    ],
  ]);
  await drawPage.expectState("loading");
  release();
  await drawPage.expectState("settled");
  await expect(drawPage.prediction).toHaveAttribute("data-digit", "1");
});
