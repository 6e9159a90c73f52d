import { useEffect, useEffectEvent, useState } from "react";
import type { Subject } from "@/lib/ink/types";

/** What a fragment begins with that holds a drawing; the rest is of `lib/ink/link.ts`. */
const KEY = "#ink=";

/** The address of this page with a drawing in it; browsers keep what follows the # to themselves. */
export function linkTo(encodedStrokes: string): string {
  return `${location.origin}/${KEY}${encodedStrokes}`;
}

/**
 * Hands over the drawing that this page's address holds, and takes it out of there: whatever is drawn from now on is
 * another one.
 *
 * @returns Whether the last address held one that cannot be read.
 */
export function useLinkedDrawing(onDrawing: (subject: Subject) => void): boolean {
  const [damaged, setDamaged] = useState(false);
  const open = useEffectEvent(async () => {
    const { hash, pathname, search } = location;
    if (!hash.startsWith(KEY)) return;
    history.replaceState(history.state, "", pathname + search);
    const { decodeStrokes } = await import("@/lib/ink/link");
    const strokes = decodeStrokes(hash.slice(KEY.length));
    setDamaged(strokes === null);
    if (strokes !== null) onDrawing({ kind: "ink", strokes });
  });
  useEffect(() => {
    const changed = () => void open();
    changed();
    window.addEventListener("hashchange", changed);
    return () => window.removeEventListener("hashchange", changed);
  }, []);
  return damaged;
}
