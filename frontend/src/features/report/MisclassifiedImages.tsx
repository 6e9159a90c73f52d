import { PixelGrid } from "@/ui/PixelGrid";
import type { Classification, Mistake } from "@/lib/inference/release/report";
import { reportText } from "@/text/report";
import type { Cell } from "./ConfusionMatrix";
import styles from "./MisclassifiedImages.module.css";

const text = reportText.mistakes;

/** The misclassified images of a set, or of one cell of its confusion matrix. */
export function MisclassifiedImages({
  mistakes,
  confusion,
  chosen,
  onShowAll,
}: {
  /** The mistakes in this set, the most confident first. */
  readonly mistakes: readonly Mistake[];
  readonly confusion: Classification["confusion"];
  readonly chosen: Cell | null;
  readonly onShowAll: () => void;
}) {
  const shown = mistakes.filter(
    ({ label, predicted }) => chosen === null || (label === chosen.label && predicted === chosen.predicted),
  );
  const images = countMistakes(confusion, chosen);
  return (
    <div className={styles.mistakes} data-testid="mistakes">
      <div className={styles.heading}>
        <p role="status">
          <strong>{headingOf(confusion, chosen)}</strong>
          {shown.length > 1 && <span>, {shown.length < images ? text.some(shown.length) : text.order}</span>}
        </p>
        {chosen !== null && (
          <button type="button" className="button" onClick={onShowAll}>
            {text.showAll}
          </button>
        )}
      </div>
      <ol>
        {shown.map(({ index, label, predicted, confidence, pixels }) => (
          <li key={index}>
            <PixelGrid pixels={pixels} label={text.mistake(label, predicted, confidence, index)} />
            <span aria-hidden="true">
              <b>{text.labelAndPrediction(label, predicted)}</b>
              <br />
              {text.confidence(confidence)}
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}

function headingOf(confusion: Classification["confusion"], chosen: Cell | null): string {
  if (chosen === null) return text.all(countMistakes(confusion, null));
  const { label, predicted } = chosen;
  const row = confusion[label] ?? [];
  const images = row[predicted] ?? 0;
  if (label !== predicted) return text.chosen(label, predicted, images);
  return text.correct(
    label,
    images,
    row.reduce((sum, each) => sum + each, 0),
  );
}

/** The number of misclassified images in a cell; in the matrix if `chosen` is null. */
function countMistakes(confusion: Classification["confusion"], chosen: Cell | null): number {
  if (chosen !== null) {
    return chosen.label === chosen.predicted ? 0 : (confusion[chosen.label]?.[chosen.predicted] ?? 0);
  }
  return confusion.reduce(
    (sum, row, label) =>
      sum + row.reduce((all, images, predicted) => all + (label === predicted ? 0 : images), 0),
    0,
  );
}
