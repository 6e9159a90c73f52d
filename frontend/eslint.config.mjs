import next from "eslint-config-next/core-web-vitals";
import typescript from "eslint-config-next/typescript";

const config = [
  { ignores: [".next/", "out/", "public/", "next-env.d.ts", "playwright-report/", "test-results/"] },
  ...next,
  ...typescript,
];

export default config;
