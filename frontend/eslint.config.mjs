import next from "eslint-config-next/core-web-vitals";
import typescript from "eslint-config-next/typescript";
import { readdirSync } from "node:fs";

/** Imports run one way: lib, text → ui → features → app. A module imports only from those before it. */
const LAYERS = [
  { target: "./src/lib", from: ["./src/text", "./src/ui", "./src/features", "./src/app"] },
  { target: "./src/text", from: ["./src/ui", "./src/features", "./src/app"] },
  { target: "./src/ui", from: ["./src/features", "./src/app"] },
  { target: "./src/features", from: ["./src/app"] },
  { target: "./src/lib/ink", from: ["./src/lib"], except: ["./ink"] },
  { target: "./src/lib/image", from: ["./src/lib"], except: ["./image", "./ink"] },
  // A feature never imports another one.
  ...readdirSync("src/features").map((feature) => ({
    target: `./src/features/${feature}`,
    from: ["./src/features"],
    except: [`./${feature}`],
  })),
];

const config = [
  { ignores: [".next/", "out/", "public/", "next-env.d.ts", "test-results/"] },
  ...next,
  ...typescript,
  { files: ["src/**"], rules: { "import/no-restricted-paths": ["error", { zones: LAYERS }] } },
  {
    files: ["src/text/**"],
    ignores: ["**/*.test.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector: "ImportDeclaration[importKind='value'][source.value=/^([^.]|[.]{2})/]",
          message: "Text imports only types from outside of src/text.",
        },
      ],
    },
  },
  {
    files: ["**/*.ts", "**/*.tsx"],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
    },
  },
];

export default config;
