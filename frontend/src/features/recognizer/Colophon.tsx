import type { Answer, RunningRelease } from "@/lib/inference/protocol";
import styles from "./Colophon.module.css";
import { percent } from "./words";

/** Which network answers, where it came from, how good it is and how quick it was. */
export function Colophon({
  release,
  answer,
}: {
  readonly release: RunningRelease;
  readonly answer: Answer | null;
}) {
  const { id, origin, fallbackReason, dataset, accuracy, backend } = release;
  return (
    <footer className={styles.colophon}>
      <dl>
        <div>
          <dt>Network</dt>
          <dd>
            Release <code>{id}</code>,{" "}
            {origin === "storage" ? "fetched from Storage" : "bundled with this page"}
          </dd>
        </div>
        <div>
          <dt>Accuracy</dt>
          <dd>
            Reads {(accuracy * 100).toFixed(2)}% of {dataset.test.toLocaleString("en")} test images right (
            {dataset.name})
          </dd>
        </div>
        <div>
          <dt>Speed</dt>
          <dd>
            {answer === null
              ? "Not measured yet"
              : `${answer.milliseconds.toFixed(1)} ms for the last answer`}
            , {backend === "wasm" ? "by WebAssembly" : "by JavaScript, as WebAssembly is not available"}
          </dd>
        </div>
      </dl>
      {fallbackReason !== null && (
        <p className={styles.note}>
          <b>The published network could not be used,</b> so the bundled one answers. {fallbackReason}
        </p>
      )}
      {dataset.fallback && (
        <p className={styles.note}>
          <b>Trained on stand-in data.</b> The real images were out of reach when this network was trained: do
          not expect much of it.
        </p>
      )}
    </footer>
  );
}
