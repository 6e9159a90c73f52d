import { lazy, Suspense, useId, useState } from "react";
import { isBlank, type Subject } from "@/lib/ink/types";
import { draw } from "@/text/draw";
import styles from "./Share.module.css";

const SharePanel = lazy(() => import("./SharePanel"));

/** Opens the ways to show the sheet to somebody else. */
export function Share({ subject, reading }: { readonly subject: Subject; readonly reading: string | null }) {
  const [open, setOpen] = useState(false);
  const panel = useId();
  const blank = isBlank(subject);
  if (blank && open) setOpen(false);

  return (
    <>
      <button
        type="button"
        className="button"
        aria-expanded={open}
        aria-controls={panel}
        aria-disabled={blank}
        onClick={() => setOpen(!open && !blank)}
      >
        {draw.share.open}
      </button>
      <div id={panel} className={styles.place} hidden={!open}>
        {open && (
          <Suspense>
            <SharePanel subject={subject} reading={reading} />
          </Suspense>
        )}
      </div>
    </>
  );
}
