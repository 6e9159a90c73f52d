import { expect, it } from "vitest";
import { reportText } from "./report";

it("names only the results that the report has", () => {
  const lead = (confidence: boolean, corruptions: boolean) =>
    reportText.lead(9965, 10_000, { confidence, corruptions });
  expect(lead(true, true)).toContain(
    "9,965 of 10,000 handwritten digits that were not used for training, and misclassifies 35. " +
      "This page shows the mistakes, the model’s confidence and the accuracy on corrupted images.",
  );
  expect(lead(true, false)).toMatch(/shows the mistakes and the model’s confidence\.$/);
  expect(lead(false, false)).toMatch(/shows the mistakes\.$/);
});

it("writes percentages of the model card like those of the page", () => {
  const paragraph = "99 % of the digits reach 82.80 %. About 5 % errors, 7 of 9 %-signs";
  expect(reportText.card.paragraph(paragraph)).toBe(
    "99% of the digits reach 82.80%. About 5% errors, 7 of 9%-signs",
  );
});
