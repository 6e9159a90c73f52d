import type { Calibration, Rejection, Report } from "@/lib/inference/release/report";
import { wilsonInterval } from "@/lib/statistics";
import { count, percent } from "@/text/numbers";
import { reportText } from "@/text/report";
import { type Axis, axisPosition, axisStart, linearTicks } from "@/ui/axis";
import { DataTable } from "@/ui/DataTable";
import { Figure } from "../Figure";
import { Scale, ScaleTable } from "../Scale";
import { Dot, Legend, Line, Plot, Segment } from "@/ui/Plot";
import type { FigureNumbers } from "../figureNumbers";

const text = reportText.confidence;
/** Tick labels, without trailing zeros. */
const tick = (share: number) => `${Number((share * 100).toFixed(2))}%`;
const shares = (title: string): Axis => ({ title, low: 0, high: 1, ticks: linearTicks(0, 1), format: tick });

/** Calibration of the confidence, and rejection of drawings that are not digits. */
export function Confidence({
  report,
  figures,
}: {
  readonly report: Report;
  readonly figures: FigureNumbers;
}) {
  const { test, inkTest, rejection, validationRejection, temperature } = report;
  const testDigits = test.images + (inkTest?.images ?? 0);
  return (
    <>
      {test.calibrated.bins.length > 0 && (
        <Reliability
          after={test.calibrated}
          before={test.uncalibrated}
          temperature={temperature}
          number={figures.reliability}
        />
      )}
      {rejection !== null && (
        <RiskCoverage
          rejection={rejection}
          testDigitsOnly={rejection.digits === testDigits}
          number={figures.rejection}
        />
      )}
      {validationRejection !== null && <Kinds rejection={validationRejection} number={figures.kinds} />}
    </>
  );
}

function Reliability({
  after,
  before,
  temperature,
  number,
}: {
  readonly after: Calibration;
  readonly before: Calibration | null;
  readonly temperature: number;
  readonly number: number;
}) {
  // The line skips bins with few images; every bin has a dot.
  const points = ({ bins }: Calibration) =>
    bins
      .filter(({ images }) => images >= MIN_IMAGES)
      .map(({ confidence, accuracy }) => [confidence, accuracy] as const);
  // The radius grows with the number of images.
  const radius = (images: number) => 1.5 + Math.log10(images) * 1.1;
  const answers = after.bins.reduce((sum, { images }) => sum + images, 0);
  const mostConfident = after.bins.at(-1)?.images ?? 0;
  const series = [
    ...(before === null ? [] : [{ calibration: before, series: "other" } as const]),
    { calibration: after, series: "main" } as const,
  ];
  const bins = series.flatMap(({ calibration }) => calibration.bins);
  const ranges = new Map(bins.map(({ low, high }) => [low, high]));
  const inBin = (calibration: Calibration, low: number) => {
    const found = calibration.bins.find((bin) => bin.low === low);
    return found === undefined
      ? [reportText.none, reportText.none]
      : [count(found.images), percent(found.accuracy)];
  };
  return (
    <Figure
      number={number}
      caption={
        text.reliability(after.error, mostConfident / answers) +
        (before === null ? "" : text.before(before.error, temperature))
      }
      table={
        <DataTable
          caption={text.reliabilityLabel}
          columns={[
            text.confidence,
            ...(before === null ? [] : [text.imagesBefore, text.accuracyBefore]),
            reportText.images,
            reportText.accuracy,
          ]}
          rows={[...ranges]
            .sort(([a], [b]) => a - b)
            .map(([low, high]) => [
              text.bin(low, high),
              ...(before === null ? [] : inBin(before, low)),
              ...inBin(after, low),
            ])}
        />
      }
    >
      <Plot label={text.reliabilityLabel} x={shares(text.confidence)} y={shares(text.accuracy)}>
        {(project) => (
          <>
            <Segment project={project} from={[0, 0]} to={[1, 1]} kind="guide" />
            {after.bins.map(({ confidence, accuracy, images }) => {
              const [low, high] = wilsonInterval(accuracy, images);
              return (
                <Segment
                  key={confidence}
                  project={project}
                  from={[confidence, low]}
                  to={[confidence, high]}
                  kind="whisker"
                />
              );
            })}
            {series.map(({ calibration, series }) => (
              <g key={series}>
                <Line project={project} points={points(calibration)} series={series} />
                {calibration.bins.map((bin) => (
                  <Dot
                    key={bin.confidence}
                    project={project}
                    point={[bin.confidence, bin.accuracy]}
                    radius={radius(bin.images)}
                    series={series}
                  />
                ))}
              </g>
            ))}
            <Legend
              x={196}
              y={before === null ? 212 : 194}
              sample="dot"
              names={[
                { series: "main", name: text.afterName },
                ...(before === null ? [] : [{ series: "other", name: text.beforeName } as const]),
              ]}
            />
          </>
        )}
      </Plot>
    </Figure>
  );
}

/** Bins with fewer images are not joined by the line. */
const MIN_IMAGES = 10;

/** The rejection of letters and signs. */
function Kinds({ rejection, number }: { readonly rejection: Rejection; readonly number: number }) {
  const { digits, nonDigits, rejectedAt99, kinds } = rejection;
  const rows = [...kinds, { kind: text.all, rejectedAt99 }];
  const low = axisStart(rows.map(({ rejectedAt99 }) => rejectedAt99));
  const caption = text.kinds(digits, nonDigits, low);
  return (
    <Figure number={number} caption={caption}>
      <ScaleTable
        caption={caption}
        columns={[text.kind, text.rejected]}
        rows={rows.map(({ kind, rejectedAt99 }) => ({
          name: kind,
          scale: <Scale marks={[{ at: axisPosition({ low, high: 1 }, rejectedAt99), series: "main" }]} />,
          values: [text.value(rejectedAt99)],
        }))}
      />
    </Figure>
  );
}

function RiskCoverage({
  rejection,
  testDigitsOnly,
  number,
}: {
  readonly rejection: Rejection;
  readonly testDigitsOnly: boolean;
  readonly number: number;
}) {
  const { riskCoverage, digits, nonDigits, digitsPassing, nonDigitsRejected, auroc } = rejection;
  const high = Math.max(0.001, ...riskCoverage.flatMap(({ digits, all }) => [digits, all])) * 1.15;
  const y: Axis = { title: text.risk, low: 0, high, ticks: linearTicks(0, high, 7), format: tick };
  const sampled = riskCoverage.filter(
    (_, i) => i % Math.ceil(riskCoverage.length / 20) === 0 || i === riskCoverage.length - 1,
  );
  return (
    <Figure
      number={number}
      caption={
        text.rejection(digits, nonDigits, digitsPassing, nonDigitsRejected, auroc) +
        (testDigitsOnly ? "" : text.rejectionOfValidation)
      }
      table={
        <DataTable
          caption={text.rejectionLabel}
          columns={[text.coverage, text.digitsAlone, text.withOthers]}
          rows={sampled.map(({ coverage, digits, all }) => [coverage, digits, all].map(text.value))}
        />
      }
    >
      <Plot label={text.rejectionLabel} x={shares(text.coverage)} y={y}>
        {(project) => (
          <>
            <Line
              project={project}
              points={riskCoverage.map(({ coverage, all }) => [coverage, all])}
              series="other"
            />
            <Line
              project={project}
              points={riskCoverage.map(({ coverage, digits }) => [coverage, digits])}
              series="main"
            />
            <Legend
              x={58}
              y={38}
              sample="line"
              names={[
                { series: "other", name: text.withOthers },
                { series: "main", name: text.digitsAlone },
              ]}
            />
          </>
        )}
      </Plot>
    </Figure>
  );
}
