/** Error messages for the visitor. */

import type { Expected, Problem } from "@/lib/inference/errors";

/** Describe a problem in one or two sentences. */
export function errorText(problem: Problem): string {
  switch (problem.code) {
    case "httpStatus":
      return `${problem.file} could not be fetched (HTTP ${problem.status}).`;
    case "unreachable":
      return `${problem.file} could not be reached.`;
    case "timeout":
      return `${problem.file} did not arrive within ${problem.seconds} seconds.`;
    case "tooLarge":
      return `${problem.file} is larger than the ${problem.limit} bytes allowed.`;
    case "wrongSize":
      return `${problem.file} has ${problem.bytes} bytes instead of the ${problem.expected} promised.`;
    case "wrongHash":
      return `${problem.file} is not the file that its release promised (SHA-256 differs).`;
    case "wrongRelease":
      return `${problem.file} calls itself release ${problem.release}.`;
    case "missingFile":
      return `The release lacks ${problem.file}.`;
    case "notJson":
      return `${problem.file} is not JSON.`;
    case "newerSchema":
      return `${problem.where} is of schema ${problem.schema}, newer than this page knows.`;
    case "invalid":
      return `${problem.where} is not ${expectedText(problem.expected)}.`;
    case "empty":
      return `${problem.where} is empty.`;
    case "noGraph":
      return "manifest.files names no model.json.";
    case "releaseTooLarge":
      return `manifest.files are of more than ${problem.limit} bytes.`;
    case "outsideRelease":
      return `manifest.files names a file outside of the release: ${JSON.stringify(problem.path)}.`;
    case "unknownOperations":
      return `The release's network needs ${problem.operations.join(", ")}, which this page cannot run.`;
    case "noBackend":
      return "This browser cannot run the network.";
    case "workerStopped":
      return `The part of this page that runs the network stopped (${problem.message || "it could not start"}).`;
    case "unreadableMessage":
      return "The part of this page that runs the network sent something unreadable.";
    case "unexpected":
      return `Something unexpected went wrong (${problem.message}).`;
  }
}

const EXPECTED = {
  object: "an object",
  list: "a list",
  text: "a text",
  wholeNumber: "a whole number",
  tenItems: "of ten",
  base64: "Base64",
  images: "a batch of 28×28 images of 0…255",
  storage: "null or a URL",
  split: "writers or stratified",
  set: "test or strokes",
} satisfies Record<Extract<Expected, string>, string>;

function expectedText(expected: Expected): string {
  if (typeof expected === "string") return EXPECTED[expected];
  if ("value" in expected) return expected.value;
  if ("range" in expected) return `a number within ${expected.range[0]} and ${expected.range[1]}`;
  if ("hexDigits" in expected) return `${expected.hexDigits} hex digits`;
  return `of ${expected.pixels} pixels`;
}
