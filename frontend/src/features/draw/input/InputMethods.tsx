import { type ChangeEvent, useId } from "react";
import { useRecognizerContext } from "../RecognizerContext";
import { CANVAS_SIZE, type Stroke } from "@/lib/ink/strokes";
import { inputText } from "@/text/input";
import { EXAMPLES } from "./examples";
import { PixelEditor } from "./PixelEditor";
import styles from "./InputMethods.module.css";

/**
 * Other ways to enter a digit: an image file, an example, or a grid of squares to paint.
 *
 * @param onImage - Called with the chosen file.
 */
export default function InputMethods({ onImage }: { readonly onImage: (file: File) => void }) {
  const { replaceDrawing } = useRecognizerContext();
  const headingId = useId();
  const chooseFile = (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0];
    if (file !== undefined) onImage(file);
    // Reset the value, because choosing the same file again would otherwise fire no event.
    event.target.value = "";
  };

  return (
    <section className={styles.inputMethods} aria-labelledby={headingId}>
      <h2 id={headingId} className="visually-hidden">
        {inputText.heading}
      </h2>
      <div className={styles.picture}>
        <p>
          <b>{inputText.picture.figure}</b> {inputText.picture.caption}
        </p>
        <div className={styles.choices}>
          <label className={styles.choice}>
            <input type="file" accept="image/*" onChange={chooseFile} />
            <span className="button">{inputText.picture.choose}</span>
          </label>
          <label className={`${styles.choice} ${styles.camera}`}>
            <input type="file" accept="image/*" capture="environment" onChange={chooseFile} />
            <span className="button">{inputText.picture.photograph}</span>
          </label>
        </div>
      </div>

      <div className={styles.gallery}>
        <p>
          <b>{inputText.gallery.figure}</b> {inputText.gallery.caption}
        </p>
        <ul aria-label={inputText.gallery.label}>
          {EXAMPLES.map(({ key, strokes }) => (
            <li key={key}>
              <button
                type="button"
                title={inputText.gallery.names[key]}
                onClick={() => {
                  replaceDrawing({ kind: "ink", strokes });
                  scrollTo({ top: 0 });
                }}
              >
                <svg viewBox={`0.2 0 ${CANVAS_SIZE.width - 0.4} ${CANVAS_SIZE.height}`} aria-hidden="true">
                  <path d={strokes.map(pathOf).join("")} />
                </svg>
                <span className="visually-hidden">{inputText.gallery.names[key]}</span>
              </button>
            </li>
          ))}
        </ul>
      </div>

      <div className={styles.keyboard}>
        <p id="grid-keys">
          <b>{inputText.grid.figure}</b> {inputText.grid.caption}
        </p>
        <PixelEditor onPaint={(pixels) => replaceDrawing({ kind: "pixels", pixels })} />
      </div>
    </section>
  );
}

function pathOf(stroke: Stroke): string {
  return stroke.map(({ x, y }, i) => `${i === 0 ? "M" : "L"}${x.toFixed(3)} ${y.toFixed(3)}`).join("");
}
