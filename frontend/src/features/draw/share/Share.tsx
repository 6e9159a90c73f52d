import { type ComponentProps, type ComponentType, type KeyboardEvent, useId, useRef, useState } from "react";
import { draw } from "@/text/draw";
import styles from "./Share.module.css";
import type SharePanel from "./SharePanel";
import { isBlank, type DrawingInput } from "@/lib/ink/drawingInput";

/** Opens the ways to show the sheet to somebody else. */
export function Share({ input, reading }: { readonly input: DrawingInput; readonly reading: string | null }) {
  // Not by `lazy`: what cannot be fetched would take the whole page down.
  const [open, setOpen] = useState<{
    readonly Panel: ComponentType<ComponentProps<typeof SharePanel>>;
  } | null>(null);
  const [failed, setFailed] = useState(false);
  const panel = useId();
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

  const escape = ({ key }: KeyboardEvent) => {
    if (key !== "Escape" || open === null) return;
    // What had the focus may go with the panel.
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
        aria-controls={panel}
        aria-disabled={blank}
        onClick={() => void toggle()}
        onKeyDown={escape}
      >
        {draw.share.open}
      </button>
      <div id={panel} className={styles.place} hidden={open === null && !failed} onKeyDown={escape}>
        {open !== null && <open.Panel input={input} reading={reading} />}
        {failed && <p role="alert">{draw.share.unreachable}</p>}
      </div>
    </>
  );
}
