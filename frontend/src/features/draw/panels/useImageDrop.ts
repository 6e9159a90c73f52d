import { useEffect, useEffectEvent, useState } from "react";

/**
 * Listen for files that are dropped or pasted anywhere on the page.
 *
 * @param onFile - Called with the first dropped or pasted file.
 * @returns Whether a file is being dragged over the page.
 */
export function useImageDrop(onFile: (file: File) => void): boolean {
  const [dragging, setDragging] = useState(false);
  const takeFirst = useEffectEvent((files: FileList | undefined) => {
    const file = files?.[0];
    if (file !== undefined) onFile(file);
  });

  useEffect(() => {
    const carriesFile = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const over = (event: DragEvent) => {
      if (!carriesFile(event)) return;
      event.preventDefault();
      setDragging(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setDragging(false);
    };
    const drop = (event: DragEvent) => {
      setDragging(false);
      if (!carriesFile(event)) return;
      event.preventDefault();
      takeFirst(event.dataTransfer?.files);
    };
    const paste = (event: ClipboardEvent) => takeFirst(event.clipboardData?.files);
    addEventListener("dragover", over);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    addEventListener("paste", paste);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
      removeEventListener("paste", paste);
    };
  }, []);

  return dragging;
}
