import type { Report, Strokes } from "@/lib/inference/release/report";
import { reportText } from "@/text/report";
import { axisPosition, axisStart } from "@/ui/axis";
import { Figure } from "../Figure";
import { type Mark, Scale, ScaleTable } from "../Scale";
import type { FigureNumbers } from "../figureNumbers";

const text = reportText.classes;
const ofWriters = reportText.writers;

/** The results per digit, per writer and per laboratory: test sets first. */
export function Classes({ report, figures }: { readonly report: Report; readonly figures: FigureNumbers }) {
  const { test, inkTest, strokes, unipen } = report;
  const [ink, inkName] = inkTest === null ? [strokes, text.name.strokes] : [inkTest, text.name.ink_test];
  const low = axisStart([...test.classF1, ...(ink?.classF1 ?? [])]);
  const mark = (f1: number, series: Mark["series"]): Mark => ({
    at: axisPosition({ low, high: 1 }, f1),
    series,
  });
  return (
    <>
      <Figure number={figures.classes} caption={text.caption(low)}>
        <ScaleTable
          caption={text.heading}
          columns={[reportText.digit, ...(ink === null ? [text.f1] : [text.name.test, inkName])]}
          rows={test.classF1.map((f1, digit) => {
            const other = ink?.classF1[digit];
            return {
              name: String(digit),
              scale: (
                <Scale marks={[mark(f1, "main"), ...(other === undefined ? [] : [mark(other, "other")])]} />
              ),
              values: [f1, ...(other === undefined ? [] : [other])].map(text.value),
            };
          })}
        />
      </Figure>
      {inkTest !== null && (
        <Ink
          ink={inkTest}
          caption={ofWriters.test}
          writers={figures.testWriters}
          digits={figures.testDigits}
        />
      )}
      {strokes !== null && (
        <Ink
          ink={strokes}
          caption={ofWriters.validation}
          writers={figures.writers}
          digits={figures.strokeDigits}
        />
      )}
      {unipen !== null && (
        <Accuracies
          number={figures.labs}
          caption={(low) => ofWriters.labs(unipen.labs.length, low)}
          heading={ofWriters.lab}
          rows={unipen.labs.map(({ lab, accuracy }) => ({ name: lab, accuracy })).toSorted(byAccuracy)}
        />
      )}
    </>
  );
}

/** The results per writer and per digit. */
function Ink({
  ink,
  caption,
  writers,
  digits,
}: {
  readonly ink: Strokes;
  readonly caption: (writers: number, low: number) => string;
  /** Numbers of the figures. */
  readonly writers: number;
  readonly digits: number;
}) {
  return (
    <>
      {ink.writers.length > 0 && (
        <Accuracies
          number={writers}
          caption={(low) => caption(ink.writers.length, low)}
          heading={ofWriters.writer}
          rows={ink.writers
            .map(({ writer, accuracy }) => ({ name: ofWriters.name(writer), accuracy }))
            .toSorted(byAccuracy)}
        />
      )}
      {ink.digits.length > 0 && (
        <Accuracies
          number={digits}
          caption={ofWriters.digits}
          heading={reportText.digit}
          rows={ink.digits.map(({ digit, accuracy }) => ({ name: String(digit), accuracy }))}
        />
      )}
    </>
  );
}

interface Row {
  readonly name: string;
  readonly accuracy: number;
}

const byAccuracy = (a: Row, b: Row) => b.accuracy - a.accuracy;

/** A table of accuracies with a scale. */
function Accuracies({
  number,
  caption,
  heading,
  rows,
}: {
  readonly number: number;
  /** Given the start of the scale. */
  readonly caption: (low: number) => string;
  readonly heading: string;
  readonly rows: readonly Row[];
}) {
  const low = axisStart(rows.map(({ accuracy }) => accuracy));
  return (
    <Figure number={number} caption={caption(low)}>
      <ScaleTable
        caption={caption(low)}
        columns={[heading, reportText.accuracy]}
        rows={rows.map(({ name, accuracy }) => ({
          name,
          scale: <Scale marks={[{ at: axisPosition({ low, high: 1 }, accuracy), series: "main" }]} />,
          values: [ofWriters.value(accuracy)],
        }))}
      />
    </Figure>
  );
}
