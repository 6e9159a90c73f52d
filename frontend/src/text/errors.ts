/** Error messages for the visitor. */

import type { Problem } from "@/lib/inference/errors";

/** Describe a problem in one or two sentences. */
export function errorText(problem: Problem): string {
  switch (problem.code) {
    case "httpStatus":
      return `${problem.file} could not be downloaded (HTTP ${problem.status}).`;
    case "unreachable":
      return `${problem.file} could not be reached.`;
    case "timeout":
      return `${problem.file} stopped arriving: no data for ${problem.seconds} seconds.`;
    case "tooLarge":
      return `${problem.file} is larger than the ${problem.limit} bytes allowed.`;
    case "wrongSize":
      return `${problem.file} has ${problem.bytes} bytes instead of the expected ${problem.expected}.`;
    case "wrongHash":
      return `${problem.file} does not match its SHA-256 hash.`;
    case "wrongRelease":
      return `${problem.file} names another release: ${problem.release}.`;
    case "wrongId":
      return `${problem.file} has the id ${problem.release}, but its content has ${problem.expected}.`;
    case "unsigned":
      return `${problem.file} is not signed.`;
    case "wrongSignature":
      return `${problem.file} is not signed by a key that this site trusts.`;
    case "olderVersion":
      return `${problem.file} has version ${problem.version}, which is older than version ${problem.newest}.`;
    case "missingFile":
      return `The release does not contain ${problem.file}.`;
    case "notJson":
      return `${problem.file} is not JSON.`;
    case "newerSchema":
      return `${problem.where} has schema ${problem.schema}, which is newer than this page supports.`;
    case "invalid":
      return `${problem.where} is not valid (expected: ${problem.expected}).`;
    case "unknownOperations":
      return `The model needs ${problem.operations.join(", ")}, which this page does not support.`;
    case "noBackend":
      return "This browser cannot run the model.";
    case "invalidLogits":
      return "The model returned invalid numbers.";
    case "modelFailed":
      return `The model failed (${problem.message}).`;
    case "misclassified":
      return `The model recognized the test digit ${problem.expected} as ${problem.digit}.`;
    case "startTimeout":
      return `The model did not start within ${problem.seconds} seconds.`;
    case "answerTimeout":
      return `The model did not answer within ${problem.seconds} seconds.`;
    case "tooSlow":
      return `The model needs more than ${problem.seconds} seconds for a prediction on this device.`;
    case "revoked":
      return "This site no longer trusts the key that signed the release.";
    case "rejectedEarlier":
      return "The release did not run in this browser on an earlier visit.";
    case "workerStopped":
      return `The model’s worker stopped (${problem.message || "it could not start"}).`;
    case "unreadableMessage":
      return "The model’s worker sent an unreadable message.";
    case "unexpected":
      return `An unexpected error occurred (${problem.message}).`;
  }
}
