import type { Classification, Strokes } from "@/lib/inference/release/report";
import { model } from "@/text/report";
import { floorOf, place } from "@/ui/axis";
import { Figure, type Mark, Scale, ScaleTable } from "../Figure";
import type { Figures } from "../ReportView";

const text = model.classes;

/** How well each digit is read, and each person's hand. */
export function Classes({
  test,
  strokes,
  figures,
}: {
  readonly test: Classification;
  readonly strokes: Strokes | null;
  readonly figures: Figures;
}) {
  const low = floorOf([...test.classF1, ...(strokes?.classF1 ?? [])]);
  const mark = (f1: number, series: Mark["series"]): Mark => ({ at: place({ low, high: 1 }, f1), series });
  const { writers = [], digits = [] } = strokes ?? {};
  const writersLow = floorOf(writers.map(({ accuracy }) => accuracy));
  const digitsLow = floorOf(digits.map(({ accuracy }) => accuracy));
  const at = (low: number, accuracy: number): Mark[] => [
    { at: place({ low, high: 1 }, accuracy), series: "main" },
  ];
  return (
    <>
      <Figure number={figures.classes} caption={text.caption(low)}>
        <ScaleTable
          caption={text.heading}
          columns={[model.digit, ...(strokes === null ? [text.f1] : [text.name.test, text.name.strokes])]}
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
        <Figure number={figures.writers} caption={model.writers.caption(writers.length, writersLow)}>
          <ScaleTable
            caption={model.writers.caption(writers.length, writersLow)}
            columns={[model.writers.writer, model.accuracy]}
            rows={writers
              .toSorted((a, b) => b.accuracy - a.accuracy)
              .map(({ writer, accuracy }) => ({
                name: model.writers.name(writer),
                scale: <Scale marks={at(writersLow, accuracy)} />,
                values: [model.writers.value(accuracy)],
              }))}
          />
        </Figure>
      )}
      {digits.length > 0 && (
        <Figure number={figures.strokeDigits} caption={model.writers.strokeDigits(digitsLow)}>
          <ScaleTable
            caption={model.writers.strokeDigits(digitsLow)}
            columns={[model.digit, model.accuracy]}
            rows={digits.map(({ digit, accuracy }) => ({
              name: String(digit),
              scale: <Scale marks={at(digitsLow, accuracy)} />,
              values: [model.writers.value(accuracy)],
            }))}
          />
        </Figure>
      )}
    </>
  );
}
