import type { ReactNode } from "react";
import type { Report } from "@/lib/inference/release/report";
import { reportText } from "@/text/report";
import { numberFigures } from "./figureNumbers";
import { Card } from "./sections/Card";
import { Classes } from "./sections/Classes";
import { Confidence } from "./sections/Confidence";
import { Corruption } from "./sections/Corruption";
import { Headline } from "./sections/Headline";
import { Mistakes } from "./sections/Mistakes";
import { Size } from "./sections/Size";
import { Training } from "./sections/Training";
import styles from "./ModelReport.module.css";
import type { ReleaseInfo } from "@/lib/inference/types";

/** The sections that the report has data for, with numbered figures. */
export function ReportView({
  report,
  release,
  speed,
}: {
  readonly report: Report;
  readonly release: ReleaseInfo;
  /** Renders the benchmark below the facts about the model. */
  readonly speed: (facts: ReactNode) => ReactNode;
}) {
  const { test, corruptions, rejection, validationRejection } = report;
  const hasConfidence = test.calibrated.bins.length > 0 || rejection !== null || validationRejection !== null;
  const figures = numberFigures(report);
  return (
    <>
      <Headline report={report} release={release} hasConfidence={hasConfidence} />
      <section>
        <h2>{reportText.mistakes.heading}</h2>
        <Mistakes report={report} figures={figures} />
      </section>
      <section>
        <h2>{reportText.classes.heading}</h2>
        <div className={styles.columns}>
          <Classes report={report} figures={figures} />
        </div>
      </section>
      {hasConfidence && (
        <section>
          <h2>{reportText.confidence.heading}</h2>
          <div className={styles.columns}>
            <Confidence report={report} figures={figures} />
          </div>
        </section>
      )}
      {corruptions !== null && (
        <section>
          <h2>{reportText.corruptions.heading}</h2>
          <Corruption corruptions={corruptions} number={figures.corruptions} />
        </section>
      )}
      {(report.history.length > 1 || report.seeds.length > 1 || report.teachers.length > 0) && (
        <section>
          <h2>{reportText.training.heading}</h2>
          <div className={styles.columns}>
            <Training report={report} figures={figures} />
          </div>
        </section>
      )}
      <section>
        <h2>{reportText.speed.heading}</h2>
        {speed(<Size facts={report.facts} />)}
      </section>
      {report.card.length > 0 && <Card sections={report.card} />}
    </>
  );
}
