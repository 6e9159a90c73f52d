import { SHAPES } from "./shapes";
import { expect, test } from "./site";

for (const [digit, shapes] of Object.entries(SHAPES)) {
  test(`reads a ${digit}, however it is shaped`, async ({ drawPage }) => {
    await drawPage.open();
    for (const { name, strokes } of shapes) {
      await test.step(name, async () => {
        await drawPage.draw(strokes);
        await drawPage.expectState("settled");
        await expect.soft(drawPage.prediction, name).toHaveAttribute("data-digit", digit);
        const confidence = Number(await drawPage.prediction.getAttribute("data-confidence"));
        expect(confidence).toBeGreaterThan(0.1);
        expect(confidence).toBeLessThanOrEqual(1);
        await drawPage.clear.click();
        await drawPage.expectState("empty");
      });
    }
  });
}

test("there are at least three shapes of each digit", () => {
  expect(Object.keys(SHAPES)).toHaveLength(10);
  expect(Math.min(...Object.values(SHAPES).map((shapes) => shapes.length))).toBeGreaterThanOrEqual(3);
});
