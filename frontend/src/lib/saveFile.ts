/**
 * Let the browser save `content` as a file.
 *
 * @param name - The file name.
 * @param type - The MIME type.
 */
export function saveFile(name: string, content: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  // Revoke the URL later, because the browser may still be reading it.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
