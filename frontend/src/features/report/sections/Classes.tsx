import type { Classification, Strokes } from "@/lib/inference/release/report";
import { reportText } from "@/text/report";
import { axisPosition, axisStart } from "@/ui/axis";
import { Figure } from "../Figure";
import { type Mark, Scale, ScaleTable } from "../Scale";
import type { FigureNumbers } from "../figureNumbers";

const text = reportText.classes;

/** The results per digit and per writer. */
export function Classes({
  test,
  strokes,
  figures,
}: {
  readonly test: Classification;
  readonly strokes: Strokes | null;
  readonly figures: FigureNumbers;
}) {
  const low = axisStart([...test.classF1, ...(strokes?.classF1 ?? [])]);
  const mark = (f1: number, series: Mark["series"]): Mark => ({
    at: axisPosition({ low, high: 1 }, f1),
    series,
  });
  const { writers = [], digits = [] } = strokes ?? {};
  const writersLow = axisStart(writers.map(({ accuracy }) => accuracy));
  const digitsLow = axisStart(digits.map(({ accuracy }) => accuracy));
  const at = (low: number, accuracy: number): Mark[] => [
    { at: axisPosition({ low, high: 1 }, accuracy), series: "main" },
  ];
  return (
    <>
      <Figure number={figures.classes} caption={text.caption(low)}>
        <ScaleTable
          caption={text.heading}
          columns={[
            reportText.digit,
            ...(strokes === null ? [text.f1] : [text.name.test, text.name.strokes]),
          ]}
          rows={test.classF1.map((f1, digit) => {
            const other = strokes?.classF1[digit];
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
      {writers.length > 0 && (
        <Figure number={figures.writers} caption={reportText.writers.caption(writers.length, writersLow)}>
          <ScaleTable
            caption={reportText.writers.caption(writers.length, writersLow)}
            columns={[reportText.writers.writer, reportText.accuracy]}
            rows={writers
              .toSorted((a, b) => b.accuracy - a.accuracy)
              .map(({ writer, accuracy }) => ({
                name: reportText.writers.name(writer),
                scale: <Scale marks={at(writersLow, accuracy)} />,
                values: [reportText.writers.value(accuracy)],
              }))}
          />
        </Figure>
      )}
      {digits.length > 0 && (
        <Figure number={figures.strokeDigits} caption={reportText.writers.strokeDigits(digitsLow)}>
          <ScaleTable
            caption={reportText.writers.strokeDigits(digitsLow)}
            columns={[reportText.digit, reportText.accuracy]}
            rows={digits.map(({ digit, accuracy }) => ({
              name: String(digit),
              scale: <Scale marks={at(digitsLow, accuracy)} />,
              values: [reportText.writers.value(accuracy)],
            }))}
          />
        </Figure>
      )}
    </>
  );
}
