import { type ComponentProps, type ComponentType, type KeyboardEvent, useId, useRef, useState } from "react";
import { draw } from "@/text/draw";
import styles from "./Share.module.css";
import type SharePanel from "./SharePanel";
import { isBlank, type DrawingInput } from "@/lib/ink/drawingInput";

/** The button that opens the share panel, and the panel. */
export function Share({ input, caption }: { readonly input: DrawingInput; readonly caption: string | null }) {
  // Not loaded with `lazy`, because a failed import would replace the page with the error page.
  const [open, setOpen] = useState<{
    readonly Panel: ComponentType<ComponentProps<typeof SharePanel>>;
  } | null>(null);
  const [failed, setFailed] = useState(false);
  const panelId = useId();
  const opener = useRef<HTMLButtonElement>(null);
  const blank = isBlank(input);
  if (blank && open !== null) setOpen(null);
  if (blank && failed) setFailed(false);

  const toggle = async () => {
    if (open !== null || blank) return setOpen(null);
    try {
      const { default: Panel } = await import("./SharePanel");
      setOpen({ Panel });
      setFailed(false);
    } catch {
      setFailed(true);
    }
  };

  const closeOnEscape = ({ key }: KeyboardEvent) => {
    if (key !== "Escape" || open === null) return;
    // The focused element may be removed with the panel.
    opener.current?.focus();
    setOpen(null);
  };

  return (
    <>
      <button
        ref={opener}
        type="button"
        className="button"
        aria-expanded={open !== null}
        aria-controls={panelId}
        aria-disabled={blank}
        onClick={() => void toggle()}
        onKeyDown={closeOnEscape}
      >
        {draw.share.open}
      </button>
      <div
        id={panelId}
        className={styles.container}
        hidden={open === null && !failed}
        onKeyDown={closeOnEscape}
      >
        {open !== null && <open.Panel input={input} caption={caption} />}
        {failed && <p role="alert">{draw.share.loadFailed}</p>}
      </div>
    </>
  );
}
