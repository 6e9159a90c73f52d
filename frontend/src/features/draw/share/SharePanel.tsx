import { useState } from "react";
import { encodeStrokes } from "@/lib/ink/link";
import { saveFile } from "@/lib/saveFile";
import { draw } from "@/text/draw";
import { shareImage } from "./shareImage";
import styles from "./Share.module.css";
import { linkTo } from "./useLinkedDrawing";
import type { DrawingInput } from "@/lib/ink/drawingInput";

/** Buttons to copy or send the drawing. Nothing is uploaded: a link contains the ink itself. */
export default function SharePanel({
  input,
  caption,
}: {
  readonly input: DrawingInput;
  /** The prediction, as a line below the picture; null while there is none. */
  readonly caption: string | null;
}) {
  const [message, setMessage] = useState<{
    readonly text: string;
    readonly link?: string;
    readonly of: DrawingInput;
  } | null>(null);
  /** True while a picture is being prepared or copied. */
  const [busy, setBusy] = useState(false);
  // Show a message only for the drawing it is about.
  const current = message?.of === input ? message : null;
  const encoded = input.kind === "ink" ? encodeStrokes(input.strokes) : null;
  const pictureCaption = caption ?? draw.share.noPrediction;

  const showMessage = (text: string, link?: string) => setMessage({ text, link, of: input });
  const copyPicture = async () => {
    if (busy) return;
    setBusy(true);
    showMessage(draw.share.preparing);
    const picture = shareImage(input, pictureCaption);
    try {
      // Pass a promise, because Safari writes to the clipboard only during the click.
      await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
      showMessage(draw.share.pictureCopied);
    } catch {
      try {
        saveFile(draw.share.fileName, await picture, "image/png");
        showMessage(draw.share.pictureSaved);
      } catch {
        showMessage(draw.share.copyPictureFailed);
      }
    }
    setBusy(false);
  };
  const copyLink = async () => {
    if (encoded === null) {
      showMessage(input.kind === "ink" ? draw.share.tooLong : draw.share.notInk);
      return;
    }
    const link = linkTo(encoded);
    try {
      await navigator.clipboard.writeText(link);
      showMessage(draw.share.linkCopied);
    } catch {
      showMessage(draw.share.copyManually, link);
    }
  };
  const send = async () => {
    if (busy) return;
    try {
      if (encoded !== null) await navigator.share({ title: draw.share.title, url: linkTo(encoded) });
      else {
        setBusy(true);
        showMessage(draw.share.preparing);
        // Busy only while the picture is prepared, because the share sheet may stay open for a long time.
        const picture = await shareImage(input, pictureCaption).finally(() => setBusy(false));
        setMessage(null);
        const files = [new File([picture], draw.share.fileName, { type: "image/png" })];
        await navigator.share({ title: draw.share.title, files });
      }
    } catch (error) {
      // The visitor closed the share sheet, or it is still open.
      const harmless =
        error instanceof DOMException && ["AbortError", "InvalidStateError"].includes(error.name);
      if (!harmless) showMessage(draw.share.sendFailed);
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
      <p role="status">{current?.text}</p>
      {current?.link !== undefined && (
        <input
          readOnly
          aria-label={draw.share.link}
          value={current.link}
          onFocus={(event) => event.currentTarget.select()}
        />
      )}
    </div>
  );
}
