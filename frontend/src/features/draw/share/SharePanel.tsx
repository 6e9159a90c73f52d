import { useState } from "react";
import { encodeStrokes } from "@/lib/ink/link";
import { saveFile } from "@/lib/saveFile";
import { draw } from "@/text/draw";
import { shareImage } from "./shareImage";
import styles from "./Share.module.css";
import { linkTo } from "./useLinkedDrawing";
import type { DrawingInput } from "@/lib/ink/drawingInput";

/** Ways to show the sheet to somebody else. Nothing is uploaded: a link carries the ink itself. */
export default function SharePanel({
  input,
  reading,
}: {
  readonly input: DrawingInput;
  /** What was read, as a line below the picture; null while that is not known. */
  readonly reading: string | null;
}) {
  const [told, setTold] = useState<{
    readonly text: string;
    readonly link?: string;
    readonly of: DrawingInput;
  } | null>(null);
  /** A picture is being prepared or copied; a second press starts no other. */
  const [busy, setBusy] = useState(false);
  // A link to another drawing would be taken for one to this.
  const said = told?.of === input ? told : null;
  const encoded = input.kind === "ink" ? encodeStrokes(input.strokes) : null;
  const caption = reading ?? draw.share.unread;

  const say = (text: string, link?: string) => setTold({ text, link, of: input });
  const copyPicture = async () => {
    if (busy) return;
    setBusy(true);
    say(draw.share.preparing);
    const picture = shareImage(input, caption);
    try {
      // As a promise: Safari takes no picture that comes later than the press.
      await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
      say(draw.share.pictureCopied);
    } catch {
      try {
        saveFile(draw.share.fileName, await picture, "image/png");
        say(draw.share.pictureSaved);
      } catch {
        say(draw.share.pictureFailed);
      }
    }
    setBusy(false);
  };
  const copyLink = async () => {
    if (encoded === null) {
      say(input.kind === "ink" ? draw.share.tooLong : draw.share.inkOnly);
      return;
    }
    const link = linkTo(encoded);
    try {
      await navigator.clipboard.writeText(link);
      say(draw.share.linkCopied);
    } catch {
      say(draw.share.copyYourself, link);
    }
  };
  const send = async () => {
    if (busy) return;
    try {
      if (encoded !== null) await navigator.share({ title: draw.share.title, url: linkTo(encoded) });
      else {
        setBusy(true);
        say(draw.share.preparing);
        // Not until it is sent: the share sheet may stay open for long.
        const picture = await shareImage(input, caption).finally(() => setBusy(false));
        setTold(null);
        const files = [new File([picture], draw.share.fileName, { type: "image/png" })];
        await navigator.share({ title: draw.share.title, files });
      }
    } catch (error) {
      // The share sheet was closed, or is still open from the last press.
      const harmless =
        error instanceof DOMException && ["AbortError", "InvalidStateError"].includes(error.name);
      if (!harmless) say(draw.share.failed);
    }
  };

  return (
    <div className={styles.panel}>
      <button type="button" className="button" aria-disabled={busy} onClick={() => void copyPicture()}>
        {draw.share.copyPicture}
      </button>
      <button type="button" className="button" onClick={() => void copyLink()}>
        {draw.share.copyLink}
      </button>
      {"share" in navigator && (
        <button type="button" className="button" aria-disabled={busy} onClick={() => void send()}>
          {draw.share.send}
        </button>
      )}
      <p role="status">{said?.text}</p>
      {said?.link !== undefined && (
        <input
          readOnly
          aria-label={draw.share.link}
          value={said.link}
          onFocus={(event) => event.currentTarget.select()}
        />
      )}
    </div>
  );
}
