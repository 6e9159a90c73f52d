import type { ReactNode } from "react";
import { BACKENDS, INFERENCES } from "@/lib/inference/backends";
import { errorText } from "@/text/errors";
import { reportText } from "@/text/report";
import { DataTable } from "@/ui/DataTable";
import { ProgressBar } from "@/ui/ProgressBar";
import styles from "./ModelReport.module.css";
import type { Backend } from "@/lib/inference/types";
import type { Measurement } from "./messages";
import { type BenchmarkState, benchmarkProgress } from "./state";

const text = reportText.speed;

/** The model's size, and a button that measures its speed on this device. */
export function Benchmark({
  benchmark,
  used,
  onMeasure,
  children,
}: {
  readonly benchmark: BenchmarkState;
  /** The backend that the draw page runs on here. */
  readonly used: Backend;
  readonly onMeasure: () => void;
  readonly children: ReactNode;
}) {
  const running = benchmark.status === "running";
  const trial = running ? benchmark.trial : null;
  return (
    <div className={styles.speed} data-testid="benchmark" data-state={benchmark.status}>
      <div>{children}</div>
      <div>
        <h3>{text.device}</h3>
        {benchmark.status === "done" ? (
          <Timings measurement={benchmark.measurement} used={used} />
        ) : (
          <p>{text.description(INFERENCES)}</p>
        )}
        {benchmark.status === "failed" && (
          <p role="alert" className={styles.note}>
            {text.failed(errorText(benchmark.problem))}
          </p>
        )}
        <div className={styles.measure}>
          <button
            type="button"
            className="button"
            aria-disabled={running}
            onClick={() => {
              if (!running) onMeasure();
            }}
          >
            {benchmark.status === "done" ? text.again : text.start}
          </button>
          {running && (
            <p>
              <ProgressBar label={text.device} value={benchmarkProgress(trial)} max={1}>
                {trial === null || trial.completed === 0
                  ? text.preparing
                  : text.running(text.names[trial.backend], trial.completed, INFERENCES)}
              </ProgressBar>
            </p>
          )}
        </div>
        <p role="status" className="visually-hidden">
          {benchmark.status === "done" && announcementOf(benchmark.measurement)}
        </p>
      </div>
    </div>
  );
}

function Timings({
  measurement: { timings, cores, simd },
  used,
}: {
  readonly measurement: Measurement;
  readonly used: Backend;
}) {
  return (
    <>
      <DataTable
        caption={text.caption(INFERENCES)}
        columns={[text.backend, text.first, text.median, text.p95]}
        rows={BACKENDS.map((backend) => {
          const name = backend === used ? `${text.names[backend]} (${text.used})` : text.names[backend];
          const timing = timings.find((each) => each.backend === backend);
          if (timing === undefined)
            return [`${name}: ${text.unavailable}`, reportText.none, reportText.none, reportText.none];
          return [name, ...[timing.first, timing.median, timing.p95].map(text.milliseconds)];
        })}
      />
      <p className={styles.fine}>
        {text.caption(INFERENCES)} {text.deviceOf(cores, simd)}
      </p>
    </>
  );
}

function announcementOf({ timings }: Measurement): string {
  return timings
    .map(({ backend, median }) => text.done(text.names[backend], text.milliseconds(median)))
    .join(" ");
}
