/** Download `content` as a file with that name and MIME type. */
export function saveFile(name: string, content: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser may still be reading the URL.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
