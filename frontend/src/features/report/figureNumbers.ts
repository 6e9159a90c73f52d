import type { Report } from "@/lib/inference/release/report";

/** Figure numbers, starting at 1; 0 for a figure without data. */
export type FigureNumbers = Readonly<
  Record<
    | "matrix"
    | "mistakes"
    | "classes"
    | "testWriters"
    | "testDigits"
    | "writers"
    | "strokeDigits"
    | "labs"
    | "reliability"
    | "rejection"
    | "kinds"
    | "corruptions"
    | "loss"
    | "errors"
    | "seeds"
    | "teachers",
    number
  >
>;

/** Number the figures that the report has data for, in the order of the page. */
export function numberFigures(report: Report): FigureNumbers {
  const { test, inkTest, strokes, unipen, validationRejection } = report;
  const present: Record<keyof FigureNumbers, boolean> = {
    matrix: true,
    mistakes: true,
    classes: true,
    testWriters: (inkTest?.writers.length ?? 0) > 0,
    testDigits: (inkTest?.digits.length ?? 0) > 0,
    writers: (strokes?.writers.length ?? 0) > 0,
    strokeDigits: (strokes?.digits.length ?? 0) > 0,
    labs: unipen !== null,
    reliability: test.calibrated.bins.length > 0,
    rejection: report.rejection !== null,
    kinds: validationRejection !== null,
    corruptions: report.corruptions !== null,
    loss: report.history.length > 1,
    errors: report.history.length > 1,
    seeds: report.seeds.length > 1,
    teachers: report.teachers.length > 0,
  };
  let last = 0;
  const entries = Object.entries(present).map(([name, exists]) => [name, exists ? ++last : 0] as const);
  return Object.fromEntries(entries) as FigureNumbers;
}
