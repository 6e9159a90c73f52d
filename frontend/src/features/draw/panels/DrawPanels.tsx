"use client";

import {
  type ComponentType,
  type KeyboardEvent,
  useEffect,
  useEffectEvent,
  useId,
  useRef,
  useState,
} from "react";
import { useInstrument } from "../RecognizerContext";
import { extras } from "@/text/panels";
import styles from "./DrawPanels.module.css";

type PanelName = keyof typeof extras.panels;
type Panel = ComponentType<{ readonly onPicture: (file: File) => void }>;

// Fetched when they are first opened. Not by `lazy`: what cannot be fetched would take the whole page down.
const PANELS: Record<PanelName, () => Promise<{ readonly default: Panel }>> = {
  why: () => import("../why/Why"),
  feedback: () => import("@/features/corrections/CorrectionForm"),
  ways: () => import("../input/InputMethods"),
};

/** What the draw page offers beside drawing, each behind one tap; and pictures dropped or pasted anywhere on it. */
export function Extras() {
  const { sheet, settled, lay } = useInstrument();
  const [open, setOpen] = useState<{ readonly name: PanelName; readonly Panel: Panel } | null>(null);
  const [said, setSaid] = useState({ text: "", of: sheet });
  const [dragging, setDragging] = useState(false);
  const panel = useId();
  /** What was tapped last, which may still be on its way. */
  const tapped = useRef<PanelName>(null);

  // What was said of one sheet is not said of the next.
  if (said.of !== sheet) setSaid({ text: "", of: sheet });
  const say = (text: string) => setSaid(({ of }) => ({ text, of }));

  const take = async (file: Blob) => {
    say(extras.reading);
    try {
      const { look } = await import("../input/readImage");
      const { subject, text } = await look(file);
      if (subject === null) return say(text);
      lay(subject);
      setSaid({ text, of: subject });
      scrollTo({ top: 0 });
    } catch {
      say(extras.unreachable);
    }
  };
  const toggle = async (name: PanelName) => {
    tapped.current = name;
    if (open?.name === name) return setOpen(null);
    try {
      const { default: Panel } = await PANELS[name]();
      if (tapped.current !== name) return;
      setOpen({ name, Panel });
      setSaid((before) => (before.text === extras.unreachable ? { ...before, text: "" } : before));
    } catch {
      say(extras.unreachable);
    }
  };
  const escape = ({ key, currentTarget }: KeyboardEvent) => {
    if (key !== "Escape" || open === null) return;
    // What had the focus may go with the panel.
    currentTarget.querySelector<HTMLElement>("[aria-expanded=true]")?.focus();
    setOpen(null);
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

  return (
    <div className={styles.extras} onKeyDown={escape}>
      <div className={styles.tabs}>
        {(Object.keys(PANELS) as PanelName[]).map((name) => {
          // An empty sheet needs no explanation.
          const waits = name !== "ways" && settled === null && open?.name !== name;
          return (
            <button
              key={name}
              type="button"
              className="button"
              aria-expanded={open?.name === name}
              aria-controls={open?.name === name ? panel : undefined}
              aria-disabled={waits}
              onClick={() => !waits && void toggle(name)}
            >
              {extras.panels[name]}
            </button>
          );
        })}
        <p role="status" className={styles.said}>
          {said.text}
        </p>
      </div>
      {open !== null && (
        <div id={panel} className={styles.panel}>
          <open.Panel onPicture={(file) => void take(file)} />
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
