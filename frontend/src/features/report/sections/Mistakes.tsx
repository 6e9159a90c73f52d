import { useState } from "react";
import type { Classification, Report, SetName } from "@/lib/inference/release/report";
import { reportText } from "@/text/report";
import { type Cell, ConfusionMatrix } from "../ConfusionMatrix";
import { Figure } from "../Figure";
import { MisclassifiedImages } from "../MisclassifiedImages";
import styles from "../ModelReport.module.css";
import type { FigureNumbers } from "../figureNumbers";

const text = reportText.mistakes;
/** Test sets first. */
const SETS = ["test", "ink_test", "strokes", "unipen"] as const satisfies readonly SetName[];

/** The confusion matrix and the misclassified images. */
export function Mistakes({ report, figures }: { readonly report: Report; readonly figures: FigureNumbers }) {
  const [set, setSet] = useState<SetName>("test");
  const [chosen, setChosen] = useState<Cell | null>(null);
  const bySet = {
    test: report.test,
    ink_test: report.inkTest,
    strokes: report.strokes,
    unipen: report.unipen,
  } satisfies Record<SetName, Classification | null>;
  const sets = SETS.filter((name) => bySet[name] !== null);
  const { confusion } = bySet[set] ?? report.test;
  return (
    <>
      {sets.length > 1 && (
        <fieldset className={styles.sets}>
          <legend className="visually-hidden">{text.sets}</legend>
          {sets.map((each) => (
            <label key={each}>
              <input
                type="radio"
                name="set"
                checked={set === each}
                onChange={() => {
                  setSet(each);
                  setChosen(null);
                }}
              />
              {text.setNames[each]}
            </label>
          ))}
        </fieldset>
      )}
      <div className={styles.pair}>
        <Figure number={figures.matrix} caption={text.caption}>
          <ConfusionMatrix set={set} confusion={confusion} chosen={chosen} onChoose={setChosen} />
        </Figure>
        <Figure number={figures.mistakes} caption={text.galleryCaption}>
          <MisclassifiedImages
            mistakes={report.mistakes.filter((mistake) => mistake.set === set)}
            confusion={confusion}
            chosen={chosen}
            onShowAll={() => setChosen(null)}
          />
        </Figure>
      </div>
    </>
  );
}
