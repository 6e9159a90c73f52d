import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "@": fileURLToPath(new URL("../src", import.meta.url)) } },
  test: {
    include: ["replay/**/*.test.ts"],
    testTimeout: 0,
    root: fileURLToPath(new URL("..", import.meta.url)),
  },
});
