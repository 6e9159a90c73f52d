import { configure, expect, test } from "./site";

/** Of the network and of WebAssembly: what the page fetches ahead, and the worker asks for again. */
const HEAVY = /\/(model\/.*\.bin|wasm\/.*\.wasm)$/;

test("until it is ready, the draw page asks for nothing that it can do without", async ({
  drawPage,
  page,
}) => {
  await configure(page, { storage: null });
  await drawPage.open();
  const fetched = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
  expect(fetched.filter((url) => HEAVY.test(url))).toHaveLength(2);
  expect(fetched.filter((url) => /report\.json|_rsc=|\.txt|sw\.js/.test(url))).toEqual([]);
});

test("what the page fetches ahead may be kept until the worker asks for it", async ({ request }) => {
  const { weightsManifest } = await (await request.get("/model/model.json")).json();
  for (const path of [`/model/${weightsManifest[0].paths[0]}`, "/wasm/tfjs-backend-wasm-simd.wasm"]) {
    expect((await request.get(path)).headers()["cache-control"], path).toMatch(/max-age=[1-9]/);
  }
});

test("what is painted largest stands in the page itself, and nothing is fetched ahead before it", async ({
  request,
}) => {
  const html = await (await request.get("/")).text();
  expect(html).toContain("Draw a digit here,");
  expect(html).not.toMatch(/rel="?(prefetch|preload)"?[^>]*(wasm|model)/);
});
