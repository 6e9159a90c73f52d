/** Import cycles, those of types included: ESLint's `import/no-cycle` skips `import type`. */
const config = {
  forbidden: [{ name: "no-import-cycles", severity: "error", from: {}, to: { circular: true } }],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    // Before compilation, as imports of types are gone after it.
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
  },
};

export default config;
