import { useEffect, useEffectEvent, useState } from "react";
import { draw } from "@/text/draw";
import type { DrawingInput } from "@/lib/ink/drawingInput";

/** Prefix of a URL fragment that contains a drawing; `lib/ink/link.ts` decodes the rest. */
const KEY = "#ink=";

/** The URL of a drawing. Browsers do not send the fragment to the server. */
export function linkTo(encodedStrokes: string): string {
  return `${location.origin}/${KEY}${encodedStrokes}`;
}

/**
 * Open the drawing in the page's URL, and remove it from the URL, which would not follow later changes.
 *
 * @param input - The current drawing.
 * @returns Why the last link could not be opened, until the drawing changes; null if there is no error.
 */
export function useLinkedDrawing(
  input: DrawingInput,
  onDrawing: (drawing: DrawingInput) => void,
): string | null {
  const [failure, setFailure] = useState<{ readonly text: string; readonly on: DrawingInput } | null>(null);
  const fail = useEffectEvent((text: string) => setFailure({ text, on: input }));
  const open = useEffectEvent(async () => {
    const { hash, pathname, search } = location;
    if (!hash.startsWith(KEY)) return;
    try {
      const { decodeStrokes } = await import("@/lib/ink/link");
      // The URL changed during the import.
      if (location.hash !== hash) return;
      history.replaceState(history.state, "", pathname + search);
      const strokes = decodeStrokes(hash.slice(KEY.length));
      if (strokes === null) return fail(draw.share.linkDamaged);
      onDrawing({ kind: "ink", strokes });
    } catch {
      // The drawing is still in the URL.
      fail(draw.share.linkNotOpened);
    }
  });
  useEffect(() => {
    const onHashChange = () => void open();
    onHashChange();
    window.addEventListener("hashchange", onHashChange);
    return () => window.removeEventListener("hashchange", onHashChange);
  }, []);
  return failure?.on === input ? failure.text : null;
}
