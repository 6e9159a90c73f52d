"use client";

import type { ReactNode } from "react";
import { errorText } from "@/text/errors";
import { modelText } from "@/text/model";
import { reportText } from "@/text/report";
import { DownloadProgress } from "@/ui/DownloadProgress";
import { ReportView } from "./ReportView";
import styles from "./ModelReport.module.css";
import { Benchmark } from "./Benchmark";
import { Provenance } from "./Provenance";
import { useReport } from "./useReport";

/** The report of the running release. */
export function ModelReport() {
  const { state, retry, measure } = useReport();
  if (state.status === "failed") {
    return (
      <div role="alert" className={styles.note}>
        <p>
          <strong>{reportText.failed}</strong> {errorText(state.problem)}
        </p>
        <button
          type="button"
          className="button"
          onClick={() => {
            // The button is removed, so move the focus to the content.
            document.getElementById("content")?.focus();
            retry();
          }}
        >
          {reportText.retry}
        </button>
      </div>
    );
  }
  if (state.status === "loading") {
    return (
      <div className={styles.loading} data-testid="model-report" data-state="loading">
        <p>{reportText.loading}</p>
        {state.progress !== null && (
          <p>
            <DownloadProgress progress={state.progress} />
          </p>
        )}
      </div>
    );
  }
  const { release, result, benchmark } = state;
  const speed = (facts: ReactNode) => (
    <Benchmark benchmark={benchmark} used={release.backend} onMeasure={measure}>
      {facts}
    </Benchmark>
  );
  return (
    <div
      className={styles.report}
      data-testid="model-report"
      data-state={result.status}
      data-release={release.id}
    >
      {release.fallbackReason !== null && (
        <div className={styles.note}>
          <p>
            <strong>{reportText.fallback}</strong> {reportText.fallbackRelease}{" "}
            {errorText(release.fallbackReason)}
          </p>
        </div>
      )}
      {release.expired && <p className={styles.note}>{modelText.expired}</p>}
      {release.usesFallbackData && <p className={styles.note}>{reportText.fallbackData}</p>}
      {result.status === "ready" ? (
        <ReportView report={result.report} release={release} speed={speed} />
      ) : (
        <>
          <div className={styles.note}>
            <p>
              <strong>
                {(result.status === "none" ? reportText.noReport : reportText.invalidReport).heading}
              </strong>{" "}
              {result.status === "none"
                ? reportText.noReport.text(release.accuracy, release.testImages)
                : `${errorText(result.problem)} ${reportText.invalidReport.text}`}
            </p>
          </div>
          <section>
            <h2>{reportText.speed.heading}</h2>
            {speed(null)}
          </section>
        </>
      )}
      <Provenance release={release} />
    </div>
  );
}
