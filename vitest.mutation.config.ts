import { defineConfig } from "vitest/config"

/** What Stryker runs: the kit's own tests, without those that start processes, and each law once with a small budget. */
export default defineConfig({
  test: {
    include: ["conformance/test/*.test.ts", "conformance/test/mutation/*.mutation.ts"],
    exclude: ["conformance/test/{mutants,reference,rereading,tampering}.test.ts"],
    testTimeout: 20_000
  }
})
