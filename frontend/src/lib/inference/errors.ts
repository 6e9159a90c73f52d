/** Error codes of releases and of the worker. `text/errors.ts` contains the messages. */

/**
 * `file` is a file's name, including the host if it was downloaded. `where` is a file name and a path in its JSON, and
 * `expected` describes the valid values there.
 */
export type Problem =
  | { readonly code: "httpStatus"; readonly file: string; readonly status: number }
  | { readonly code: "unreachable"; readonly file: string }
  | { readonly code: "timeout"; readonly file: string; readonly seconds: number }
  | { readonly code: "tooLarge"; readonly file: string; readonly limit: number }
  | { readonly code: "wrongSize"; readonly file: string; readonly bytes: number; readonly expected: number }
  | { readonly code: "wrongHash"; readonly file: string }
  | { readonly code: "wrongRelease"; readonly file: string; readonly release: string }
  | { readonly code: "wrongId"; readonly file: string; readonly release: string; readonly expected: string }
  | { readonly code: "unsigned"; readonly file: string }
  | { readonly code: "wrongSignature"; readonly file: string }
  | {
      readonly code: "olderVersion";
      readonly file: string;
      readonly version: number;
      readonly newest: number;
    }
  | { readonly code: "missingFile"; readonly file: string }
  | { readonly code: "notJson"; readonly file: string }
  | { readonly code: "newerSchema"; readonly where: string; readonly schema: number }
  | { readonly code: "invalid"; readonly where: string; readonly expected: string }
  | { readonly code: "unknownOperations"; readonly operations: readonly string[] }
  | { readonly code: "noBackend" }
  /** The model's output is not ten finite numbers for each image, or its feature maps are not finite. */
  | { readonly code: "invalidLogits" }
  /** The backend could not compute the model's output. */
  | { readonly code: "modelFailed"; readonly message: string }
  /** The model misclassified the test image of an expected digit. */
  | { readonly code: "misclassified"; readonly digit: number; readonly expected: number }
  | { readonly code: "startTimeout"; readonly seconds: number }
  /** A running model did not answer in time. */
  | { readonly code: "answerTimeout"; readonly seconds: number }
  /** A batch of images took longer than this. */
  | { readonly code: "tooSlow"; readonly seconds: number }
  /** The site's current keys did not sign the running release. */
  | { readonly code: "revoked" }
  /** The release did not run in this browser on an earlier visit. */
  | { readonly code: "rejectedEarlier" }
  | { readonly code: "workerStopped"; readonly message: string }
  | { readonly code: "unreadableMessage" }
  | { readonly code: "unexpected"; readonly message: string };

/** A release could not be downloaded, failed verification, or does not run in this browser. */
export class ReleaseError extends Error {
  override readonly name = "ReleaseError";

  constructor(readonly problem: Problem) {
    super(JSON.stringify(problem));
  }
}

/** Convert any error to a problem. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ReleaseError) return error.problem;
  return { code: "unexpected", message: error instanceof Error ? error.message : String(error) };
}
