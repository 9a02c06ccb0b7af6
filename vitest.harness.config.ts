import { defineConfig } from "vitest/config"

/** What Stryker runs for the harness: the tests that ask it for its verdicts, and neither laws nor liars, of which every one runs through it. */
export default defineConfig({
  test: {
    include: [
      "conformance/test/{applicable,blame,clock,crash,enumeration,generators,hiding,kit,patience,scheduler}.test.ts"
    ],
    testTimeout: 20_000
  }
})
