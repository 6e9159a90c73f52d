import type { Epoch, HeadlineMetrics, Report } from "@/lib/inference/release/report";
import { type MeanAndDeviation, meanAndDeviation } from "@/lib/statistics";
import { reportText } from "@/text/report";
import { type Axis, linearTicks, logTicks } from "@/ui/axis";
import { DataTable } from "@/ui/DataTable";
import { Figure } from "../Figure";
import { Legend, Line, Plot } from "@/ui/Plot";
import type { FigureNumbers } from "../figureNumbers";

const text = reportText.training;

/** The learning curves, and the results of other seeds and of the teachers. */
export function Training({ report, figures }: { readonly report: Report; readonly figures: FigureNumbers }) {
  const { history, seeds, teachers } = report;
  const wrong = (accuracy: number | null) => (accuracy === null ? null : 1 - accuracy);
  return (
    <>
      {history.length > 1 && (
        <>
          <Curves
            number={figures.loss}
            title={text.lossTitle}
            caption={text.loss}
            label={text.lossLabel}
            format={text.lossValue}
            history={history}
            training={({ loss }) => loss}
            validation={({ validationLoss }) => validationLoss}
          />
          <Curves
            number={figures.errors}
            title={text.errorsTitle}
            caption={`${text.errors} ${text.trainingNote}`}
            label={text.errorsLabel}
            format={text.errorValue}
            history={history}
            training={({ accuracy }) => wrong(accuracy)}
            validation={({ validationAccuracy }) => wrong(validationAccuracy)}
          />
        </>
      )}
      {seeds.length > 1 && (
        <Runs
          number={figures.seeds}
          caption={text.seeds}
          first={text.seed}
          runs={seeds.map((seed) => ({ ...seed, name: String(seed.seed) }))}
          spread
        />
      )}
      {teachers.length > 0 && (
        <Runs
          number={figures.teachers}
          caption={text.teachers(teachers.map(({ run }) => run))}
          first={text.teacher}
          runs={teachers.map((teacher, i) => ({ ...teacher, name: String(i + 1) }))}
        />
      )}
    </>
  );
}

function Curves({
  number,
  title,
  caption,
  label,
  format,
  history,
  training,
  validation,
}: {
  readonly number: number;
  readonly title: string;
  readonly caption: string;
  readonly label: string;
  readonly format: (value: number) => string;
  readonly history: readonly Epoch[];
  readonly training: (epoch: Epoch) => number | null;
  readonly validation: (epoch: Epoch) => number | null;
}) {
  // A logarithmic scale cannot show 0.
  const points = (of: typeof training) =>
    history.flatMap((epoch): (readonly [number, number])[] => {
      const value = of(epoch);
      return value === null || value <= 0 ? [] : [[epoch.epoch, value]];
    });
  const series = [
    { series: "main", name: text.training, points: points(training) },
    { series: "other", name: text.validation, points: points(validation) },
  ] as const;
  const values = series.flatMap(({ points }) => points.map(([, value]) => value));
  if (values.length === 0) return null;
  const [low, high] = [Math.min(...values) / 1.3, Math.max(...values) * 1.3];
  const last = history.at(-1)?.epoch ?? 1;
  const y: Axis = { title, low, high, log: true, ticks: logTicks(low, high), format };
  const x: Axis = {
    title: text.epoch,
    low: 1,
    high: Math.max(2, last),
    ticks: linearTicks(1, last, 8).filter(Number.isInteger),
    format: String,
  };
  const cell = (value: number | null) => (value === null ? reportText.none : format(value));
  return (
    <Figure
      number={number}
      caption={caption}
      table={
        <DataTable
          caption={label}
          columns={[text.epoch, text.training, text.validation]}
          rows={history.map((epoch) => [epoch.epoch, cell(training(epoch)), cell(validation(epoch))])}
        />
      }
    >
      <Plot label={label} x={x} y={y}>
        {(project) => (
          <>
            {series.map(({ series, points }) => (
              <Line key={series} project={project} points={points} series={series} />
            ))}
            <Legend x={226} y={34} sample="line" names={series} />
          </>
        )}
      </Plot>
    </Figure>
  );
}

/** A table of training runs. */
function Runs({
  number,
  caption,
  first,
  runs,
  spread = false,
}: {
  readonly number: number;
  readonly caption: string;
  /** Heading of the column of names. */
  readonly first: string;
  readonly runs: readonly (HeadlineMetrics & { readonly name: string })[];
  /** Whether to show mean and standard deviation. */
  readonly spread?: boolean;
}) {
  const hasTestWriters = runs.some((run) => run.inkTestAccuracy !== null);
  const hasStrokes = hasTestWriters || runs.some((run) => run.strokesAccuracy !== null);
  const describedAs = caption + (hasStrokes ? text.strokesOf[hasTestWriters ? "test" : "validation"] : "");
  const all = [
    { name: text.test, of: (run: HeadlineMetrics) => run.accuracy, value: text.exactly, spread: text.points },
    {
      name: text.f1,
      of: (run: HeadlineMetrics) => run.weightedF1,
      value: text.f1Value,
      spread: text.f1Points,
    },
    // One column of pen strokes, so that the table fits narrow screens.
    {
      name: text.strokes,
      of: (run: HeadlineMetrics) => (hasTestWriters ? run.inkTestAccuracy : run.strokesAccuracy),
      value: text.exactly,
      spread: text.points,
    },
    {
      name: text.corruptions,
      of: (run: HeadlineMetrics) => run.corruptionsAccuracy,
      value: text.exactly,
      spread: text.points,
    },
  ];
  const columns = all.filter(({ of }) => runs.some((run) => of(run) !== null));
  const means = columns.map(({ of }) => meanAndDeviation(runs.map(of).filter((value) => value !== null)));
  const foot = (name: string, cell: (mean: MeanAndDeviation, column: (typeof columns)[number]) => string) => [
    name,
    ...columns.map((column, i) => {
      const mean = means[i] ?? null;
      return mean === null ? reportText.none : cell(mean, column);
    }),
  ];
  return (
    <Figure number={number} caption={describedAs}>
      <DataTable
        caption={describedAs}
        columns={[first, ...columns.map(({ name }) => name)]}
        rows={runs.map((run) => [
          run.name,
          ...columns.map(({ of, value }) => {
            const measured = of(run);
            return measured === null ? reportText.none : value(measured);
          }),
        ])}
        foot={
          spread
            ? [
                foot(text.mean, ({ mean }, { value }) => value(mean)),
                foot(text.deviation, ({ deviation }, { spread }) => spread(deviation)),
              ]
            : []
        }
      />
    </Figure>
  );
}
