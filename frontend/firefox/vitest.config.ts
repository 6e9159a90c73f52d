import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "@": fileURLToPath(new URL("../src", import.meta.url)) } },
  test: {
    include: ["firefox/**/*.test.ts"],
    testTimeout: 240_000,
    hookTimeout: 240_000,
    root: fileURLToPath(new URL("..", import.meta.url)),
  },
});
