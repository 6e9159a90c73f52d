import { expect, it } from "vitest";
import type { Problem } from "@/lib/inference/errors";
import { errorText } from "./errors";

const problems: { readonly [Code in Problem["code"]]: Extract<Problem, { code: Code }> } = {
  httpStatus: { code: "httpStatus", file: "example.org/a.bin", status: 404 },
  unreachable: { code: "unreachable", file: "example.org/a.bin" },
  timeout: { code: "timeout", file: "example.org/a.bin", seconds: 6 },
  tooLarge: { code: "tooLarge", file: "example.org/a.bin", limit: 1000 },
  wrongSize: { code: "wrongSize", file: "example.org/a.bin", bytes: 7, expected: 9 },
  wrongHash: { code: "wrongHash", file: "example.org/a.bin" },
  wrongRelease: { code: "wrongRelease", file: "example.org/manifest.json", release: "a".repeat(16) },
  wrongId: {
    code: "wrongId",
    file: "example.org/manifest.json",
    release: "a".repeat(16),
    expected: "b".repeat(16),
  },
  unsigned: { code: "unsigned", file: "example.org/current.json" },
  wrongSignature: { code: "wrongSignature", file: "example.org/current.json" },
  olderVersion: { code: "olderVersion", file: "example.org/current.json", version: 3, newest: 4 },
  missingFile: { code: "missingFile", file: "model.json" },
  notJson: { code: "notJson", file: "report.json" },
  newerSchema: { code: "newerSchema", where: "manifest.json", schema: 2 },
  invalid: { code: "invalid", where: "manifest.json files", expected: "Array" },
  unknownOperations: { code: "unknownOperations", operations: ["Sin", "Cos"] },
  noBackend: { code: "noBackend" },
  invalidLogits: { code: "invalidLogits" },
  modelFailed: { code: "modelFailed", message: "no such kernel" },
  misclassified: { code: "misclassified", digit: 3, expected: 7 },
  startTimeout: { code: "startTimeout", seconds: 30 },
  answerTimeout: { code: "answerTimeout", seconds: 30 },
  tooSlow: { code: "tooSlow", seconds: 5 },
  revoked: { code: "revoked" },
  rejectedEarlier: { code: "rejectedEarlier" },
  workerStopped: { code: "workerStopped", message: "" },
  unreadableMessage: { code: "unreadableMessage" },
  unexpected: { code: "unexpected", message: "no such kernel" },
};

it.each(Object.values(problems))("describes $code in sentences that contain its numbers", (problem) => {
  const text = errorText(problem);
  expect(text).toMatch(/^\S.*\.$/);
  for (const detail of Object.values(problem).slice(1)) {
    if (typeof detail === "number") expect(text).toContain(String(detail));
  }
});

it("names an invalid value and the expected type", () => {
  expect(errorText(problems.invalid)).toBe("manifest.json files is not valid (expected: Array).");
});
