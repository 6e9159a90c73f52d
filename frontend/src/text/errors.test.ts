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
  missingFile: { code: "missingFile", file: "model.json" },
  notJson: { code: "notJson", file: "report.json" },
  newerSchema: { code: "newerSchema", where: "manifest", schema: 2 },
  invalid: { code: "invalid", where: "manifest.files", expected: "list" },
  empty: { code: "empty", where: "report.seeds" },
  noGraph: { code: "noGraph" },
  releaseTooLarge: { code: "releaseTooLarge", limit: 1000 },
  outsideRelease: { code: "outsideRelease", path: "../secret" },
  unknownOperations: { code: "unknownOperations", operations: ["Sin", "Cos"] },
  noBackend: { code: "noBackend" },
  workerStopped: { code: "workerStopped", message: "" },
  unreadableMessage: { code: "unreadableMessage" },
  unexpected: { code: "unexpected", message: "no such kernel" },
};

it.each(Object.values(problems))("$code is a sentence with its numbers", (problem) => {
  const text = errorText(problem);
  expect(text).toMatch(/^\S.*\.$/);
  for (const detail of Object.values(problem).slice(1)) {
    if (typeof detail === "number") expect(text).toContain(String(detail));
  }
});

it.each([
  ["object", "x is not an object."],
  ["wholeNumber", "x is not a whole number."],
  [{ range: [0, 1] }, "x is not a number from 0 to 1."],
  [{ hexDigits: 16 }, "x is not 16 hex digits."],
  [{ pixels: 784 }, "x is not an image of 784 pixels."],
  [{ value: "models/a" }, "x is not models/a."],
] as const)("an invalid value, expected %j", (expected, text) => {
  expect(errorText({ code: "invalid", where: "x", expected })).toBe(text);
});
