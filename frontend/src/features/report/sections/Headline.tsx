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
  const { test, corrected, inkTest, corruptions, strokes, unipen, seeds } = report;
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
    inkTest &&
      stat(
        text.exactly(inkTest.accuracy),
        text.inkTest(inkTest.leftOut),
        spread(({ inkTestAccuracy }) => inkTestAccuracy),
      ),
    corruptions &&
      stat(
        text.exactly(corruptions.meanAccuracy),
        text.corruptions,
        spread(({ corruptionsAccuracy }) => corruptionsAccuracy),
      ),
  ].filter((figure) => figure !== null);
  const validation = [
    strokes &&
      stat(
        text.exactly(strokes.accuracy),
        text.strokes,
        spread(({ strokesAccuracy }) => strokesAccuracy),
      ),
    unipen &&
      stat(
        text.exactly(unipen.accuracy),
        text.unipen,
        spread(({ unipenAccuracy }) => unipenAccuracy),
      ),
    unipen?.slashedZeros.accuracy != null
      ? stat(text.exactly(unipen.slashedZeros.accuracy), text.slashedZeros(unipen.slashedZeros.images), null)
      : null,
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
      <Stats stats={figures} testId="headline" />
      {validation.length > 0 && (
        <>
          <p className={styles.split}>{text.validation}</p>
          <Stats stats={validation} testId="validation" />
        </>
      )}
      <p className={styles.split}>{reportText.split[split](trainImages, validationImages, testImages)}</p>
    </section>
  );
}

function Stats({
  stats,
  testId,
}: {
  readonly stats: readonly ReturnType<typeof stat>[];
  readonly testId: string;
}) {
  return (
    <dl className={styles.stats} data-testid={testId}>
      {stats.map(({ value, label, spread }) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd className={styles.value}>{value}</dd>
          {spread !== null && <dd>{spread}</dd>}
        </div>
      ))}
    </dl>
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
