import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { APIRequestContext, Locator, Page } from "@playwright/test";
import {
  makeSigningKey,
  type PointerContent,
  signPointer,
} from "../src/lib/inference/release/signing.testing";
import {
  configure,
  expect,
  expectAccessible,
  expectFitsScreens,
  fetchBundled,
  manifestOf,
  POINTER,
  publish,
  STORAGE,
  STORAGE_ORIGIN,
  test,
} from "./site";

interface Report {
  metrics: Record<
    "test" | "ink_test" | "strokes" | "unipen",
    { images: number; accuracy: number; confusion_matrix: number[][] }
  >;
  mistakes: { set: string; label: number; predicted: number; image: string }[];
  card: { heading: string }[];
}

async function bundledReport(request: APIRequestContext): Promise<Report> {
  return (await (await request.get("/model/report.json")).json()) as Report;
}

/** Open the model page and wait until the report reaches `state`. */
async function open(page: Page, state: "ready" | "none" | "invalid"): Promise<Locator> {
  await page.goto("/model");
  const report = page.getByTestId("model-report");
  await expect(report).toHaveAttribute("data-state", state);
  return report;
}

/** The cell outside the diagonal with the most images. */
function worstCell({ confusion_matrix }: Report["metrics"]["test"]) {
  const cells = confusion_matrix.flatMap((row, label) =>
    row.map((images, predicted) => ({ label, predicted, images: label === predicted ? 0 : images })),
  );
  return cells.reduce((worst, cell) => (cell.images > worst.images ? cell : worst));
}

test("the page shows the results of the running release", async ({ page, request }) => {
  const report = await bundledReport(request);
  await page.goto("/");
  await page.getByRole("navigation").getByRole("link", { name: "Model" }).click();
  await expect(page.getByTestId("model-report")).toHaveAttribute("data-state", "ready");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  const { images, accuracy } = report.metrics.test;
  await expect(page.getByTestId("headline")).toContainText(`${(accuracy * 100).toFixed(2)}%`);
  await expect(
    page.getByText(`recognizes ${Math.round(accuracy * images).toLocaleString("en")} of`),
  ).toBeVisible();
  for (const { heading } of report.card) {
    await expect(page.getByRole("heading", { level: 3, name: heading, exact: true })).toBeVisible();
  }
  const { release } = (await (await request.get("/model/manifest.json")).json()) as { release: string };
  await expect(page.getByTestId("model-report")).toHaveAttribute("data-release", release);
});

test("every plot has a table, and every table fits its figure at every width", async ({ page }) => {
  await open(page, "ready");
  const plots = page.locator("figure").filter({ has: page.locator("svg[role=img]") });
  expect(await plots.count()).toBeGreaterThan(1);
  for (const plot of await plots.all()) {
    await plot.getByText("As a table").click();
    await expect(plot.getByRole("table").getByRole("row").nth(1)).toBeVisible();
    await expect(plot.locator("svg")).toHaveAttribute("aria-label", /\w+ \w+/);
  }
  const numbers = await page.locator("figcaption b").allTextContents();
  expect(numbers).toEqual(numbers.map((_, i) => `Fig. ${i + 1}`));

  const name = page.getByRole("rowheader", { name: "Spread", exact: true });
  for (const width of [320, 390, 768, 1024, 1440, 1920]) {
    await page.setViewportSize({ width, height: 900 });
    const { lines, beyond } = await name.evaluate((cell) => {
      const range = document.createRange();
      range.selectNodeContents(cell);
      const tables = [...document.querySelectorAll<HTMLElement>("figure > table")];
      return {
        lines: range.getClientRects().length,
        beyond: Math.max(...tables.map((table) => table.offsetWidth - table.parentElement!.offsetWidth)),
      };
    });
    expect.soft(lines, `lines of one word at ${width} px`).toBe(1);
    expect.soft(beyond, `pixels beyond the figure at ${width} px`).toBeLessThanOrEqual(0);
  }
});

test("misclassified images match the report and can be filtered with mouse and keyboard", async ({
  page,
  request,
}) => {
  const report = await bundledReport(request);
  await open(page, "ready");
  const gallery = page.getByTestId("mistakes");
  const misclassified = report.mistakes.filter(({ set }) => set === "test");
  await expect(gallery.getByRole("img")).toHaveCount(misclassified.length);
  const opacities = await gallery
    .locator("canvas")
    .first()
    .evaluate((canvas: HTMLCanvasElement) =>
      Array.from(
        canvas
          .getContext("2d")!
          .getImageData(0, 0, 28, 28)
          .data.filter((_, i) => i % 4 === 3),
      ),
    );
  expect(opacities).toEqual([...Buffer.from(misclassified[0]!.image, "base64")]);

  const { label, predicted, images } = worstCell(report.metrics.test);
  await page.getByRole("button", { name: `${label} predicted as ${predicted}: ` }).click();
  await expect(gallery.getByRole("img")).toHaveCount(images);
  for (const image of await gallery.getByRole("img").all()) {
    await expect(image).toHaveAttribute(
      "aria-label",
      new RegExp(`a ${label} predicted as ${predicted}, .*% confidence`),
    );
  }
  await expect(gallery.getByRole("status")).toContainText(`: ${images}`);
  await gallery.getByRole("button", { name: "Show all" }).click();
  await expect(gallery.getByRole("img")).toHaveCount(misclassified.length);

  // The matrix is one tab stop. Arrow keys move between its cells.
  const pressed = page.getByTestId("confusion").locator("[aria-pressed=true]");
  await page.getByRole("button", { name: "0 predicted as 0, correct" }).focus();
  for (let i = 0; i < label; i++) await page.keyboard.press("ArrowDown");
  for (let i = 0; i < predicted; i++) await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await expect(pressed).toHaveAccessibleName(new RegExp(`^${label} predicted as ${predicted}: `));
  await expect(gallery.getByRole("img")).toHaveCount(images);
  await page.keyboard.press("Escape");
  await expect(gallery.getByRole("img")).toHaveCount(misclassified.length);
  expect(await page.getByTestId("confusion").locator("button[tabindex='0']").count()).toBe(1);

  await page.getByLabel("Validation strokes").check();
  const strokes = report.mistakes.filter(({ set }) => set === "strokes");
  await expect(gallery.getByRole("img")).toHaveCount(strokes.length);
});

test("the benchmark measures every backend, and the page stays usable and accessible and fits every screen", async ({
  page,
}) => {
  await open(page, "ready");
  const benchmark = page.getByTestId("benchmark");
  await benchmark.getByRole("button", { name: "Measure" }).click();
  await expect(benchmark.getByRole("progressbar")).toBeVisible();
  await page.getByLabel("Validation strokes").check();
  await expect(benchmark).toHaveAttribute("data-state", "done", { timeout: 120_000 });
  const rows = benchmark.getByRole("row").filter({ hasNot: page.getByRole("columnheader") });
  await expect(rows).toHaveCount(2);
  for (const row of await rows.all()) {
    const [first, median, p95] = (await row.getByRole("cell").allTextContents()).map(Number);
    expect(median).toBeGreaterThan(0);
    expect(p95).toBeGreaterThanOrEqual(median!);
    expect(first).toBeGreaterThan(0);
  }
  await expect(benchmark.getByText(/WebAssembly runs with(out)? SIMD/)).toBeVisible();
  await expect(benchmark.getByRole("button", { name: "Measure again" })).toBeVisible();

  for (const summary of await page.locator("summary").all()) await summary.click();
  await page.getByTestId("confusion").locator("[data-cell]:not([data-shade='0'])").last().click();
  await expectAccessible(page);
  await expectFitsScreens(page);
});

test.describe("an unusable report", () => {
  test.use({ expectedConsoleErrors: /status of 404/ });

  test("missing: the page says so, and the draw page works", async ({ drawPage, page }) => {
    await configure(page, { storage: null });
    await page.route("**/model/report.json", (route) => route.fulfill({ status: 404 }));
    await open(page, "invalid");
    await expect(page.getByText("The report could not be used.")).toBeVisible();
    await expect(page.getByText(/report\.json could not be downloaded \(HTTP 404\)/)).toBeVisible();
    await expect(page.getByRole("button", { name: "Measure" })).toBeVisible();
    await drawPage.open();
    await drawPage.drawDigit(7);
    await expect(page.getByText("could not be used")).toBeHidden();
  });

  test("modified: the page does not show its results", async ({ page, request }) => {
    await configure(page, { storage: null });
    const report = await (await request.get("/model/report.json")).text();
    await page.route("**/model/report.json", (route) =>
      route.fulfill({ body: report.replace('"accuracy":0.9', '"accuracy":0.8') }),
    );
    await open(page, "invalid");
    await expect(page.getByText(/does not match its SHA-256 hash/)).toBeVisible();
    await expect(page.getByTestId("headline")).toHaveCount(0);
  });

  test("newer schema: the page says so", async ({ page, request }) => {
    await serveReport(page, request, { schema: 2 });
    await open(page, "invalid");
    await expect(page.getByText(/schema 2, which is newer than this page supports/)).toBeVisible();
  });
});

test.describe("when the model cannot be loaded", () => {
  test.use({ expectedConsoleErrors: /status of 500/ });

  test("the page shows an error and can retry", async ({ page }) => {
    await configure(page, { storage: null });
    await page.route("**/model/model.json", (route) => route.fulfill({ status: 500 }));
    await page.goto("/model");
    await expect(page.getByRole("alert").filter({ hasText: "The model could not be loaded." })).toBeVisible();
    await page.unroute("**/model/model.json");
    await page.getByRole("button", { name: "Try again" }).click();
    await expect(page.getByTestId("model-report")).toHaveAttribute("data-state", "ready");
  });
});

test("a release without a report shows no error", async ({ page, request }) => {
  await serveReport(page, request, null);
  await open(page, "none");
  await expect(page.getByText("This model has no report.")).toBeVisible();
  await expect(page.getByRole("alert").filter({ hasText: /\w/ })).toHaveCount(0);
  await expectAccessible(page);
});

test("a report without its optional parts shows the other sections", async ({ page, request }) => {
  const report = (await bundledReport(request)) as unknown as { metrics: Record<string, unknown> };
  const { test: measured, validation, calibration } = report.metrics;
  await serveReport(page, request, { ...report, metrics: { test: measured, validation, calibration } });
  await open(page, "ready");
  await expect(page.getByRole("heading", { name: "Mistakes" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Corrupted images" })).toHaveCount(0);
  await expect(page.getByLabel("Validation strokes")).toHaveCount(0);
});

test("test results come before validation results, which are labelled", async ({ page, request }) => {
  const path = new URL("../../tests/release/documents/report.json", import.meta.url);
  const report = JSON.parse(await readFile(path, "utf8")) as Report;
  await serveReport(page, request, report);
  await open(page, "ready");
  const { ink_test: inkTest, strokes, unipen } = report.metrics;
  const percent = ({ accuracy }: { accuracy: number }) => `${(accuracy * 100).toFixed(2)}%`;
  await expect(page.getByTestId("headline")).toContainText(percent(inkTest));
  await expect(page.getByTestId("headline")).not.toContainText("validation");
  const validation = page.getByTestId("validation");
  await expect(validation).toContainText(percent(strokes));
  await expect(validation).toContainText(percent(unipen));
  await expect(page.getByText("On validation data")).toBeVisible();
  await expect(page.getByRole("radio")).toHaveCount(4);
  await page.getByLabel("Test strokes").check();
  await expect(page.getByTestId("mistakes").getByRole("img")).toHaveCount(1);
  await page.getByLabel("Validation strokes of UNIPEN").check();
  await expect(page.getByTestId("mistakes")).toContainText("All 1 misclassified image");
  const captions = page.locator("figcaption");
  await expect(captions.filter({ hasText: /Test: pen strokes of 2 people/ })).toBeVisible();
  await expect(captions.filter({ hasText: /Validation: pen strokes of 2 people/ })).toBeVisible();
  await expect(
    captions.filter({ hasText: /Validation: digits of UNIPEN, written in 2 laboratories/ }),
  ).toBeVisible();
  await expect(captions.filter({ hasText: /Validation: 300 letters and signs/ })).toBeVisible();
  await expect(captions.filter({ hasText: "The pen strokes are of test writers." })).toBeVisible();
  await expectFitsScreens(page);
});

test("a report of an earlier version says that its rejection includes validation digits", async ({
  page,
}) => {
  await open(page, "ready");
  await expect(page.getByText("The digits include those of validation writers.")).toBeVisible();
});

test.describe("with Storage", () => {
  test.use({ allowedOrigin: STORAGE_ORIGIN, expectedConsoleErrors: /net::ERR_/ });

  test("the published report is shown, and cached for later visits without Storage", async ({
    page,
    request,
  }) => {
    const { id } = await publish(page, request, "stored");
    const report = await open(page, "ready");
    await expect(report).toHaveAttribute("data-release", id);
    await expect(page.getByText(`Release ${id}, downloaded from Storage`)).toBeVisible();
    await expect(page.getByText("This site pins no key, so no signature was checked.")).toBeVisible();
    await expect
      .poll(() =>
        page.evaluate(async () => {
          const names = await caches.keys();
          const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
          return requests.flat().some(({ url }) => url.includes("report.json"));
        }),
      )
      .toBe(true);
    await page.unrouteAll();
    await configure(page, { storage: STORAGE });
    await page.route(`${STORAGE_ORIGIN}/**`, (route) => route.abort("connectionrefused"));
    await open(page, "ready");
    await expect(page.getByText(`Release ${id}, cached from an earlier visit`)).toBeVisible();
  });

  test("the page names the signer, the version and the command that verifies the release, and an expired signature", async ({
    page,
    request,
  }) => {
    const { id, objects } = await publish(page, request, "signed");
    const key = await makeSigningKey();
    const pointer = JSON.parse(objects.get(POINTER)!.toString()) as PointerContent;
    objects.set(POINTER, Buffer.from(await signPointer(pointer, key, 7, "2026-01-01T00:00:00Z")));
    await configure(page, { storage: STORAGE, keys: [key.publicKey] });
    await open(page, "ready");
    const keyId = createHash("sha256").update(key.publicKey, "base64").digest("hex").slice(0, 16);
    await expect(page.getByText(`signed with key ${keyId} on 2026-11-28 as version 7`)).toBeVisible();
    await expect(page.getByText("The model may be out of date.")).toBeVisible();
    await expect(page.getByText(`python -m ml release verify ${id} --project PROJECT`)).toBeVisible();
  });

  test("when Storage cannot be reached, the page shows the bundled model and says why", async ({
    page,
    request,
  }) => {
    await configure(page, { storage: STORAGE });
    await page.route(`${STORAGE_ORIGIN}/**`, (route) => route.abort("connectionrefused"));
    const report = await open(page, "ready");
    const { release } = (await (await request.get("/model/manifest.json")).json()) as { release: string };
    await expect(report).toHaveAttribute("data-release", release);
    await expect(page.getByText("The published model could not be used.")).toBeVisible();
    await expect(page.getByText(/current\.json could not be reached/)).toBeVisible();
  });
});

/** Serve the bundled release with `report`, or without a report if it is null. */
async function serveReport(page: Page, request: APIRequestContext, report: object | null): Promise<void> {
  await configure(page, { storage: null });
  const { manifest, files } = await fetchBundled(request);
  const body = Buffer.from(JSON.stringify(report));
  if (report === null) files.delete("report.json");
  else files.set("report.json", body);
  const { bytes } = await manifestOf(manifest, files);
  await page.route("**/model/manifest.json", (route) => route.fulfill({ body: bytes }));
  await page.route("**/model/report.json", (route) => route.fulfill({ body }));
}
