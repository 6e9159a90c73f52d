import { SHAPES } from "../src/lib/ink/testing/shapes";
import { expect, test } from "./site";

/** Tests one shape per digit; src/lib/inference/shapes.test.ts tests every shape without a browser. */
test("each digit drawn with the mouse is recognized", async ({ drawPage }) => {
  await drawPage.open();
  for (const digit of Object.keys(SHAPES)) {
    await drawPage.drawDigit(Number(digit));
    await expect.soft(drawPage.prediction).toHaveAttribute("data-digit", digit);
    await drawPage.clear.click();
    await drawPage.expectState("empty");
  }
});
