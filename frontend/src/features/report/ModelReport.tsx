"use client";

import type { ReactNode } from "react";
import { model } from "@/text/report";
import { network } from "@/text/model";
import { ReportView } from "./ReportView";
import styles from "./ModelReport.module.css";
import { Speed } from "./Benchmark";
import { useStudy } from "./useReport";

/** What the running release tells of its network. */
export function ModelReport() {
  const { study, retry, measure } = useStudy();
  if (study.status === "failed") {
    return (
      <div role="alert" className={styles.note}>
        <p>
          <strong>{model.failed}</strong> {study.reason}
        </p>
        <button
          type="button"
          className="button"
          onClick={() => {
            // The button goes; whoever pressed it stays on what comes in its place.
            document.getElementById("content")?.focus();
            retry();
          }}
        >
          {model.retry}
        </button>
      </div>
    );
  }
  if (study.status === "loading") {
    return (
      <div className={styles.loading} data-testid="study" data-state="loading">
        <p>{model.loading}</p>
        {study.progress !== null && (
          <p className={styles.progress}>
            <progress
              aria-label={network.progress}
              value={study.progress.received}
              max={study.progress.total}
            />
            {network.arrived(study.progress.received, study.progress.total)}
          </p>
        )}
      </div>
    );
  }
  const { release, outcome, benchmark } = study;
  const speed = (facts: ReactNode) => (
    <Speed benchmark={benchmark} used={release.backend} onMeasure={measure}>
      {facts}
    </Speed>
  );
  return (
    <div className={styles.report} data-testid="study" data-state={outcome.status} data-release={release.id}>
      {release.fallbackReason !== null && (
        <div className={styles.note}>
          <p>
            <strong>{model.fallback}</strong> {model.fallbackTo} {release.fallbackReason}
          </p>
        </div>
      )}
      {release.standIn && <p className={styles.note}>{model.standIn}</p>}
      {outcome.status === "read" ? (
        <ReportView report={outcome.report} release={release} speed={speed} />
      ) : (
        <>
          <div className={styles.note}>
            <p>
              <strong>{(outcome.status === "none" ? model.noReport : model.unreadable).heading}</strong>{" "}
              {outcome.status === "none"
                ? model.noReport.text(release.accuracy, release.testImages)
                : `${outcome.reason} ${model.unreadable.text}`}
            </p>
          </div>
          <section>
            <h2>{model.speed.heading}</h2>
            {speed(null)}
          </section>
        </>
      )}
      <p className={styles.colophon}>
        {model.release} <code>{release.id}</code>, {network.whence[release.origin]}
      </p>
    </div>
  );
}
