import { decodeStrokes } from "@/lib/ink/link";
import type { Subject } from "@/lib/ink/types";

const KEY = "#ink=";

/** The address of this page with a drawing in it; browsers keep what follows the # to themselves. */
export function linkTo(encodedStrokes: string): string {
  return `${location.origin}${location.pathname}${KEY}${encodedStrokes}`;
}

/** The drawing in this page's address; "damaged" when there is one that cannot be read, null when there is none. */
export function linkedSubject(): Subject | "damaged" | null {
  if (!location.hash.startsWith(KEY)) return null;
  const strokes = decodeStrokes(location.hash.slice(KEY.length));
  return strokes === null ? "damaged" : { kind: "ink", strokes };
}

/** Whatever is drawn from now on is another drawing than the one in the address. */
export function forgetLink(): void {
  history.replaceState(history.state, "", location.pathname + location.search);
}
