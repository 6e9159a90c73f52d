import { type ComponentType, type KeyboardEvent, useId, useRef, useState } from "react";
import type { DrawingInput } from "@/lib/ink/drawingInput";
import type { ReleaseInfo, SettledPrediction } from "@/lib/inference/types";
import { panelsText } from "@/text/panels";
import { useRecognizerContext } from "../RecognizerContext";
import styles from "./DrawPanels.module.css";
import { useImageDrop } from "./useImageDrop";

type PanelName = keyof typeof panelsText.panels;

/** Props of every panel. */
export interface PanelProps {
  readonly settled: SettledPrediction | null;
  readonly release: ReleaseInfo | null;
  /** Called with an image file chosen in the panel. */
  readonly onImage: (file: File) => void;
}

type Panel = ComponentType<PanelProps>;

interface Status {
  /** A function of the number of digits in the prediction. */
  readonly text: string | ((digits: number) => string);
  /** The drawing that the status is about. */
  readonly of: DrawingInput;
}

/** Imports a panel's module. */
export type LoadPanel = () => Promise<{ readonly default: Panel }>;

/**
 * The panels of the draw page, each opened by a button, and images dropped or pasted anywhere on the page.
 *
 * @param loadCorrectionForm - The panel of another feature.
 */
export function DrawPanels({ loadCorrectionForm }: { readonly loadCorrectionForm: LoadPanel }) {
  const { input, settled, release, replaceDrawing } = useRecognizerContext();
  const [open, setOpen] = useState<{ readonly name: PanelName; readonly Panel: Panel } | null>(null);
  const [status, setStatus] = useState<Status>({ text: "", of: input });
  const panelId = useId();
  /** The panel of the button that was pressed last. It may still be loading. */
  const pressed = useRef<PanelName>(null);
  // Loaded on first use. Not with `lazy`, because a failed import would replace the page with the error page.
  const load: Record<PanelName, LoadPanel> = {
    why: () => import("../why/Why"),
    correction: loadCorrectionForm,
    input: () => import("../input/InputMethods"),
  };

  // Clear the status when the drawing changes.
  if (status.of !== input) setStatus({ text: "", of: input });
  const showStatus = (text: string) => setStatus(({ of }) => ({ text, of }));
  const statusText =
    typeof status.text === "string" ? status.text : settled && status.text(settled.prediction.glyphs.length);

  const takeImage = async (file: Blob) => {
    showStatus(panelsText.reading);
    try {
      const { readImage } = await import("../input/readImage");
      const result = await readImage(file);
      if (result.input === null) return showStatus(result.problem);
      replaceDrawing(result.input);
      setStatus({ text: result.found, of: result.input });
      scrollTo({ top: 0 });
    } catch {
      showStatus(panelsText.loadFailed);
    }
  };
  const dragging = useImageDrop((file) => void takeImage(file));

  const toggle = async (name: PanelName) => {
    pressed.current = name;
    if (open?.name === name) return setOpen(null);
    try {
      const { default: Panel } = await load[name]();
      if (pressed.current !== name) return;
      setOpen({ name, Panel });
      setStatus((before) => (before.text === panelsText.loadFailed ? { ...before, text: "" } : before));
    } catch {
      showStatus(panelsText.loadFailed);
    }
  };
  const closeOnEscape = ({ key, currentTarget }: KeyboardEvent) => {
    if (key !== "Escape" || open === null) return;
    // The focused element may be removed with the panel.
    currentTarget.querySelector<HTMLElement>("[aria-expanded=true]")?.focus();
    setOpen(null);
  };

  return (
    <div className={styles.drawPanels} onKeyDown={closeOnEscape}>
      <div className={styles.tabs}>
        {(Object.keys(panelsText.panels) as PanelName[]).map((name) => {
          // The other two panels need a prediction.
          const disabled = name !== "input" && settled === null && open?.name !== name;
          return (
            <button
              key={name}
              type="button"
              className="button"
              aria-expanded={open?.name === name}
              aria-controls={open?.name === name ? panelId : undefined}
              aria-disabled={disabled}
              onClick={() => !disabled && void toggle(name)}
            >
              {panelsText.panels[name]}
            </button>
          );
        })}
        <p role="status" className={styles.status}>
          {statusText}
        </p>
      </div>
      {open !== null && (
        <div id={panelId} className={styles.panel}>
          <open.Panel settled={settled} release={release} onImage={(file) => void takeImage(file)} />
        </div>
      )}
      {dragging && (
        <p className={styles.drop} aria-hidden="true">
          {panelsText.drop}
        </p>
      )}
    </div>
  );
}
