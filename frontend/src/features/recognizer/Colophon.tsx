import type { Answer, RunningRelease } from "@/lib/inference/protocol";
import styles from "./Colophon.module.css";
import type { Model } from "./state";

const ORIGIN: Record<RunningRelease["origin"], { readonly whence: string; readonly name: string }> = {
  bundled: { whence: "bundled with this page", name: "the bundled one" },
  storage: { whence: "fetched from Storage", name: "this one" },
  kept: { whence: "kept from an earlier visit", name: "the last good one" },
};

/** Which network answers, where it came from, how good it is and how quick it was; and whether there is a newer one. */
export function Colophon({
  model: { release, newer },
  answer,
  onAccept,
}: {
  readonly model: Extract<Model, { status: "ready" }>;
  readonly answer: Answer | null;
  readonly onAccept: () => void;
}) {
  const { id, origin, fallbackReason, accuracy, testImages, standIn, backend } = release;
  return (
    <footer className={styles.colophon} tabIndex={-1}>
      <div className={styles.offer}>
        <p aria-live="polite">
          {newer !== null && (
            <>
              <b>A newer network is ready:</b> release <code>{newer.id}</code>, which reads{" "}
              {(newer.accuracy * 100).toFixed(2)}% right.
            </>
          )}
        </p>
        {newer !== null && (
          <button
            type="button"
            className="button"
            onClick={(event) => {
              // The button goes; whoever pressed it is left with what it changed.
              event.currentTarget.closest("footer")?.focus();
              onAccept();
            }}
          >
            Use it
          </button>
        )}
      </div>
      <dl>
        <div>
          <dt>Network</dt>
          <dd>
            Release <code>{id}</code>, {ORIGIN[origin].whence}
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
      <div aria-live="polite">
        {fallbackReason !== null && (
          <p className={styles.note}>
            <b>The published network could not be used,</b> so {ORIGIN[origin].name} answers. {fallbackReason}
          </p>
        )}
      </div>
      {standIn && (
        <p className={styles.note}>
          <b>Trained on stand-in data.</b> The real images were out of reach when this network was trained: do
          not expect much of it.
        </p>
      )}
    </footer>
  );
}
