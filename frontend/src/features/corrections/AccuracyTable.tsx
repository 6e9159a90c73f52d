import { isMistake, type LabelledDrawing, tallies } from "@/lib/corrections/drawings";
import { correctionsPage } from "@/text/corrections";
import styles from "./AccuracyTable.module.css";

/** The accuracy on the drawings of each label, and on all. */
export function AccuracyTable({ drawings }: { readonly drawings: readonly LabelledDrawing[] }) {
  const rows = tallies(drawings).filter((tally) => tally.drawings > 0);
  const correct = drawings.filter((drawing) => !isMistake(drawing)).length;
  return (
    <table className={styles.accuracyTable}>
      <caption>{correctionsPage.table.caption}</caption>
      <thead>
        <tr>
          <th scope="col">{correctionsPage.table.digit}</th>
          <th scope="col">{correctionsPage.table.drawings}</th>
          <th scope="col">{correctionsPage.table.correct}</th>
          <th scope="col">{correctionsPage.table.accuracy}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((tally) => (
          <tr key={tally.label}>
            <th scope="row">{tally.label ?? correctionsPage.table.none}</th>
            <td>{tally.drawings}</td>
            <td>{tally.correct}</td>
            <td>{correctionsPage.table.accuracyOf(tally.correct, tally.drawings)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{correctionsPage.table.all}</th>
          <td>{drawings.length}</td>
          <td>{correct}</td>
          <td>{correctionsPage.table.accuracyOf(correct, drawings.length)}</td>
        </tr>
      </tfoot>
    </table>
  );
}
