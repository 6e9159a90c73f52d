import next from "eslint-config-next/core-web-vitals";
import typescript from "eslint-config-next/typescript";

function forbidImports(files, group) {
  return { files: [files], rules: { "no-restricted-imports": ["error", { patterns: [{ group }] }] } };
}

const config = [
  { ignores: [".next/", "out/", "public/", "next-env.d.ts", "playwright-report/", "test-results/"] },
  ...next,
  ...typescript,
  // Imports run one way: lib, text → ui → features → app.
  forbidImports("src/lib/**", ["**/ui/**", "**/features/**", "**/app/**"]),
  forbidImports("src/text/**", ["**/ui/**", "**/features/**", "**/app/**"]),
  forbidImports("src/ui/**", ["**/features/**", "**/app/**"]),
  forbidImports("src/features/**", ["**/app/**"]),
  {
    files: ["src/lib/**"],
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector:
            "NewExpression[callee.name=/^(Load|Damage|Format)Error$/] > :matches(Literal, TemplateLiteral)",
          message: "What a visitor reads stands in src/text.",
        },
      ],
    },
  },
];

export default config;
