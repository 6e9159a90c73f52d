"use client";

import { lazy, Suspense, useEffect, useEffectEvent, useId, useState } from "react";
import { useInstrument } from "@/features/recognizer/context";
import { extras } from "@/text/extras";
import styles from "./Extras.module.css";

// Fetched when they are first opened.
const PANELS = {
  why: lazy(() => import("@/features/why/Why")),
  feedback: lazy(() => import("@/features/feedback/Feedback")),
  ways: lazy(() => import("@/features/ways-in/Ways")),
};

type PanelName = keyof typeof PANELS;

/** What the draw page offers beside drawing, each behind one tap; and pictures dropped or pasted anywhere on it. */
export function Extras() {
  const { settled, lay } = useInstrument();
  const [open, setOpen] = useState<PanelName | null>(null);
  const [said, setSaid] = useState("");
  const [dragging, setDragging] = useState(false);
  const panel = useId();

  const take = async (file: Blob) => {
    setSaid(extras.reading);
    const { look } = await import("@/features/ways-in/look");
    const { subject, text } = await look(file);
    setSaid(text);
    if (subject === null) return;
    lay(subject);
    scrollTo({ top: 0 });
  };
  const takeFirst = useEffectEvent((files: FileList | undefined) => {
    const file = files?.[0];
    if (file !== undefined) void take(file);
  });

  useEffect(() => {
    const carriesFile = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const over = (event: DragEvent) => {
      if (!carriesFile(event)) return;
      event.preventDefault();
      setDragging(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setDragging(false);
    };
    const drop = (event: DragEvent) => {
      setDragging(false);
      if (!carriesFile(event)) return;
      event.preventDefault();
      takeFirst(event.dataTransfer?.files);
    };
    const paste = (event: ClipboardEvent) => takeFirst(event.clipboardData?.files);
    addEventListener("dragover", over);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    addEventListener("paste", paste);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
      removeEventListener("paste", paste);
    };
  }, []);

  const Panel = open === null ? null : PANELS[open];
  return (
    <div className={styles.extras}>
      <div className={styles.tabs}>
        {(Object.keys(PANELS) as PanelName[]).map((name) => {
          // An empty sheet needs no explanation.
          const waits = name !== "ways" && settled === null && open !== name;
          return (
            <button
              key={name}
              type="button"
              className="button"
              aria-expanded={open === name}
              aria-controls={open === name ? panel : undefined}
              aria-disabled={waits}
              onClick={() => !waits && setOpen(open === name ? null : name)}
            >
              {extras.panels[name]}
            </button>
          );
        })}
        <p role="status" className={styles.said}>
          {said}
        </p>
      </div>
      {Panel !== null && (
        <div id={panel} className={styles.panel}>
          <Suspense>
            <Panel onPicture={(file: File) => void take(file)} />
          </Suspense>
        </div>
      )}
      {dragging && (
        <p className={styles.drop} aria-hidden="true">
          {extras.drop}
        </p>
      )}
    </div>
  );
}
