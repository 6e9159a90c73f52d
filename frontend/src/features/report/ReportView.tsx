import type { ReactNode } from "react";
import type { RunningRelease } from "@/lib/inference/messages";
import type { Report } from "@/lib/inference/release/report";
import { model } from "@/text/report";
import { Card } from "./sections/Card";
import { Classes } from "./sections/Classes";
import { Corruption } from "./sections/Corruption";
import { Errors } from "./sections/Errors";
import { Headline } from "./sections/Headline";
import { Learning } from "./sections/Learning";
import { Size } from "./sections/Size";
import { Trust } from "./sections/Trust";
import styles from "./ModelReport.module.css";

/** Every section that the report has anything for, its figures numbered as they come. */
export function ReportView({
  report,
  release,
  speed,
}: {
  readonly report: Report;
  readonly release: RunningRelease;
  /** The benchmark, below the facts of the network. */
  readonly speed: (facts: ReactNode) => ReactNode;
}) {
  const { test, strokes, corruptions, rejection } = report;
  const hasBins = test.calibrated.bins.length > 0;
  const figures = numbered({
    matrix: true,
    mistakes: true,
    classes: true,
    writers: (strokes?.writers.length ?? 0) > 0,
    strokeDigits: (strokes?.digits.length ?? 0) > 0,
    reliability: hasBins,
    rejection: rejection !== null,
    corruptions: corruptions !== null,
    loss: report.history.length > 1,
    errors: report.history.length > 1,
    seeds: report.seeds.length > 1,
    teachers: report.teachers.length > 0,
  });
  return (
    <>
      <Headline report={report} release={release} />
      <section>
        <h2>{model.errors.heading}</h2>
        <Errors report={report} figures={figures} />
      </section>
      <section>
        <h2>{model.classes.heading}</h2>
        <div className={styles.columns}>
          <Classes test={test} strokes={strokes} figures={figures} />
        </div>
      </section>
      {(hasBins || rejection !== null) && (
        <section>
          <h2>{model.trust.heading}</h2>
          <div className={styles.columns}>
            <Trust report={report} figures={figures} />
          </div>
        </section>
      )}
      {corruptions !== null && (
        <section>
          <h2>{model.corruptions.heading}</h2>
          <Corruption corruptions={corruptions} number={figures.corruptions} />
        </section>
      )}
      {(report.history.length > 1 || report.seeds.length > 1 || report.teachers.length > 0) && (
        <section>
          <h2>{model.learning.heading}</h2>
          <div className={styles.columns}>
            <Learning report={report} figures={figures} />
          </div>
        </section>
      )}
      <section>
        <h2>{model.speed.heading}</h2>
        {speed(<Size facts={report.facts} />)}
      </section>
      {report.card.length > 0 && <Card sections={report.card} />}
    </>
  );
}

/** The numbers of the figures that are there. */
export type Figures = Readonly<
  Record<
    | "matrix"
    | "mistakes"
    | "classes"
    | "writers"
    | "strokeDigits"
    | "reliability"
    | "rejection"
    | "corruptions"
    | "loss"
    | "errors"
    | "seeds"
    | "teachers",
    number
  >
>;

function numbered(present: Record<keyof Figures, boolean>): Figures {
  let last = 0;
  const entries = Object.entries(present).map(([name, there]) => [name, there ? ++last : 0] as const);
  return Object.fromEntries(entries) as Figures;
}
