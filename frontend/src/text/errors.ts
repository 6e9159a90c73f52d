/** What can go wrong with a network, in sentences that a visitor is shown. `where` is a place in a release's JSON. */

/** Of a release and the files that it is made of. */
export const faults = {
  unexpected: (message: string) => `Something unexpected went wrong (${message}).`,
  unfetched: (file: string, status: number) => `${file} could not be fetched (HTTP ${status}).`,
  unreachable: (file: string) => `${file} could not be reached.`,
  late: (file: string, seconds: number) => `${file} did not arrive within ${seconds} seconds.`,
  tooLarge: (file: string, limit: number) => `${file} is larger than the ${limit} bytes allowed.`,
  anotherSize: (file: string, bytes: number, promised: number) =>
    `${file} has ${bytes} bytes instead of the ${promised} promised.`,
  anotherHash: (file: string) => `${file} is not the file that its release promised (SHA-256 differs).`,
  anotherName: (file: string, release: string) => `${file} calls itself release ${release}.`,
  lacks: (file: string) => `The release lacks ${file}.`,
  unknownOperations: (operations: readonly string[]) =>
    `The release's network needs ${operations.join(", ")}, which this page cannot run.`,
  noBackend: "This browser cannot run the network.",

  notJson: (file: string) => `${file} is not JSON.`,
  newer: (where: string, schema: number) => `${where} is of schema ${schema}, newer than this page knows.`,
  /** `kind`: what it had to be. */
  not: (where: string, kind: string) => `${where} is not ${kind}.`,
  kinds: {
    object: "an object",
    list: "a list",
    text: "a text",
    number: (low: number, high: number) => `a number within ${low} and ${high}`,
    wholeNumber: "a whole number",
    ten: "of ten",
    hex: (digits: number) => `${digits} hex digits`,
    base64: "Base64",
    pixels: (count: number) => `of ${count} pixels`,
    images: "a batch of 28×28 images of 0…255",
    storage: "null or a URL",
    split: "writers or stratified",
    set: "test or strokes",
  },
  empty: (where: string) => `${where} is empty.`,
  noGraph: "manifest.files names no model.json.",
  allTooLarge: (limit: number) => `manifest.files are of more than ${limit} bytes.`,
  outside: (path: string) => `manifest.files names a file outside of the release: ${JSON.stringify(path)}.`,
} as const;

/** Of the part of a page that runs a network. */
export const stopped = {
  crashed: (message: string) =>
    `The part of this page that runs the network stopped (${message || "it could not start"}).`,
  unreadable: "The part of this page that runs the network sent something unreadable.",
} as const;
