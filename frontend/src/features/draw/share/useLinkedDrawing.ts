import { useEffect, useEffectEvent, useState } from "react";
import { draw } from "@/text/draw";
import type { DrawingInput } from "@/lib/ink/drawingInput";

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
 * @param sheet - What lies on the paper.
 * @returns Why the last address brought none, until the sheet changes; null when it did, or held none.
 */
export function useLinkedDrawing(
  sheet: DrawingInput,
  onDrawing: (input: DrawingInput) => void,
): string | null {
  const [failure, setFailure] = useState<{ readonly text: string; readonly on: DrawingInput } | null>(null);
  const fail = useEffectEvent((text: string) => setFailure({ text, on: sheet }));
  const open = useEffectEvent(async () => {
    const { hash, pathname, search } = location;
    if (!hash.startsWith(KEY)) return;
    try {
      const { decodeStrokes } = await import("@/lib/ink/link");
      // Another one was opened meanwhile.
      if (location.hash !== hash) return;
      history.replaceState(history.state, "", pathname + search);
      const strokes = decodeStrokes(hash.slice(KEY.length));
      if (strokes === null) return fail(draw.share.damaged);
      onDrawing({ kind: "ink", strokes });
    } catch {
      // It is still in the address.
      fail(draw.share.unopened);
    }
  });
  useEffect(() => {
    const changed = () => void open();
    changed();
    window.addEventListener("hashchange", changed);
    return () => window.removeEventListener("hashchange", changed);
  }, []);
  return failure?.on === sheet ? failure.text : null;
}
