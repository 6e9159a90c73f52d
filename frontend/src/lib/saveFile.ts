/** Has the browser save a file, as if it came by a link. */
export function saveFile(name: string, content: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser takes it over at its own pace.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
