import type { Report, Seed } from "@/lib/inference/release/report";
import { type MeanAndDeviation, meanAndDeviation } from "@/lib/statistics";
import { reportText } from "@/text/report";
import styles from "../ModelReport.module.css";
import type { ReleaseInfo } from "@/lib/inference/types";

const text = reportText.headline;

/** The main results, their spread over seeds, and the sizes of the data sets. */
export function Headline({
  report,
  release,
  hasConfidence,
}: {
  readonly report: Report;
  readonly release: ReleaseInfo;
  /** Whether the page has a section about the confidence. */
  readonly hasConfidence: boolean;
}) {
  const { test, corrected, strokes, corruptions, seeds } = report;
  const spread = (of: (seed: Seed) => number | null) =>
    meanAndDeviation(seeds.map(of).filter((value) => value !== null));
  const figures = [
    stat(
      text.exactly(test.accuracy),
      text.accuracy,
      spread(({ accuracy }) => accuracy),
    ),
    stat(
      text.f1Value(test.weightedF1),
      text.f1,
      spread(({ weightedF1 }) => weightedF1),
      text.f1Spread,
    ),
    corrected &&
      stat(
        text.exactly(corrected.accuracy),
        text.corrected(corrected.corrected, corrected.leftOut),
        spread(({ correctedAccuracy }) => correctedAccuracy),
      ),
    strokes &&
      stat(
        text.exactly(strokes.accuracy),
        text.strokes,
        spread(({ strokesAccuracy }) => strokesAccuracy),
      ),
    corruptions &&
      stat(
        text.exactly(corruptions.meanAccuracy),
        text.corruptions,
        spread(({ corruptionsAccuracy }) => corruptionsAccuracy),
      ),
  ].filter((figure) => figure !== null);
  const { trainImages, validationImages, testImages, split } = release;
  return (
    <section aria-label={text.label}>
      <p className={styles.lead}>
        {reportText.lead(Math.round(test.accuracy * test.images), test.images, {
          confidence: hasConfidence,
          corruptions: corruptions !== null,
        })}
      </p>
      <dl className={styles.stats} data-testid="headline">
        {figures.map(({ value, label, spread }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd className={styles.value}>{value}</dd>
            {spread !== null && <dd>{spread}</dd>}
          </div>
        ))}
      </dl>
      <p className={styles.split}>{reportText.split[split](trainImages, validationImages, testImages)}</p>
    </section>
  );
}

function stat(
  value: string,
  label: string,
  mean: MeanAndDeviation | null,
  describe: (mean: MeanAndDeviation) => string = text.spread,
) {
  return { value, label, spread: mean && describe(mean) };
}
