import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, it } from "vitest";
import type { ReleaseInfo } from "@/lib/inference/types";
import { modelText } from "@/text/model";
import { ModelInfo } from "./ModelInfo";

it("says that the release may be out of date only after its signature has expired", () => {
  const render = (expired: boolean) => {
    const release = {
      id: "0123456789abcdef",
      origin: "cache",
      fallbackReason: null,
      accuracy: 0.99,
      expired,
    };
    const model = { status: "ready", release: release as ReleaseInfo, newer: null } as const;
    return renderToStaticMarkup(createElement(ModelInfo, { model, milliseconds: null, onAccept: () => {} }));
  };
  expect(render(true)).toContain(modelText.expired);
  expect(render(false)).not.toContain(modelText.expired);
});
