import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: [
      "packages/*/test/**/*.test.ts",
      "conformance/test/**/*.test.ts",
      "scripts/test/**/*.test.ts",
      "docs/**/*.test.ts"
    ],
    testTimeout: 20_000,
    reporters: process.env["CI"] ? ["default", ["json", { outputFile: "tmp/vitest.json" }]] : ["default"]
  }
})
