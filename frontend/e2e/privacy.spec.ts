import { writeFile } from "node:fs/promises";
import { site } from "../src/text/site";
import { configure, expect, expectLoaded, publish, STORAGE_ORIGIN, test } from "./site";

test.use({ allowedOrigin: STORAGE_ORIGIN });

for (const storage of [false, true]) {
  const target = storage ? "the site or its Storage" : "the site";

  test(`every request of a visit goes to ${target} and sends no data`, async ({
    baseURL,
    drawPage,
    page,
    request,
  }, testInfo) => {
    if (storage) await publish(page, request, "stored");
    else await configure(page, { storage: null });
    const log: string[] = [];
    const withData: string[] = [];
    const origins = new Set<string>();
    page.context().on("request", (sentRequest) => {
      const url = new URL(sentRequest.url());
      if (url.protocol === "blob:" || url.protocol === "data:") return;
      origins.add(url.origin);
      log.push(`${sentRequest.method()} ${sentRequest.resourceType().padEnd(10)} ${sentRequest.url()}`);
      if (sentRequest.method() !== "GET" || sentRequest.postData() !== null) withData.push(sentRequest.url());
    });
    page.on("websocket", (socket) => origins.add(new URL(socket.url()).origin));

    await drawPage.open();
    await drawPage.drawDigit(5);
    const before = log.length;
    await drawPage.clear.click();
    await drawPage.drawDigit(2);
    expect(log.slice(before), "requests while drawing").toEqual([]);
    for (const { href, name } of site.pages) {
      await page.getByRole("navigation").getByRole("link", { name, exact: true }).click();
      await expect(page).toHaveURL(new URL(href, baseURL).href);
      await expectLoaded(page, href);
    }

    expect([...origins].toSorted()).toEqual(
      [new URL(baseURL!).origin, ...(storage ? [STORAGE_ORIGIN] : [])].toSorted(),
    );
    expect(withData, "requests that send data").toEqual([]);
    expect(await page.context().cookies()).toEqual([]);
    const path = testInfo.outputPath("requests.txt");
    await writeFile(path, `${log.join("\n")}\n`);
    await testInfo.attach("requests", { path, contentType: "text/plain" });
    console.log(`All ${log.length} requests of a visit, ${[...origins].join(" and ")}: ${path}`);
  });
}
