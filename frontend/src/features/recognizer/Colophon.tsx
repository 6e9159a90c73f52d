import type { Answer, RunningRelease } from "@/lib/inference/protocol";
import styles from "./Colophon.module.css";

/** Which network answers, where it came from, how good it is and how quick it was. */
export function Colophon({
  release,
  answer,
}: {
  readonly release: RunningRelease;
  readonly answer: Answer | null;
}) {
  const { id, origin, fallbackReason, accuracy, testImages, standIn, backend } = release;
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
            Reads {(accuracy * 100).toFixed(2)}% of {testImages.toLocaleString("en")} test images right
          </dd>
        </div>
        <div>
          <dt>Speed</dt>
          <dd>
            {answer === null ? "Runs on" : `${answer.milliseconds.toFixed(1)} ms for the last answer, on`}{" "}
            {backend === "wasm" ? "WebAssembly" : "plain JavaScript, as WebAssembly is not to be had here"}
          </dd>
        </div>
      </dl>
      {fallbackReason !== null && (
        <p className={styles.note}>
          <b>The published network could not be used,</b> so the bundled one answers. {fallbackReason}
        </p>
      )}
      {standIn && (
        <p className={styles.note}>
          <b>Trained on stand-in data.</b> The real images were out of reach when this network was trained: do
          not expect much of it.
        </p>
      )}
    </footer>
  );
}
