import { configDefaults, defineConfig } from "vitest/config"

const include = [
  "packages/*/test/**/*.test.ts",
  "conformance/test/**/*.test.ts",
  "scripts/test/**/*.test.ts",
  "docs/**/*.test.ts"
]

/**
 * Files that change what is global to a process (`alipay-sdk` instruments every undici client), or look at it (a timer that a
 * plug-in left behind).
 */
const alone = [
  "packages/alipay-sandbox/test/*[sS]dk*.test.ts",
  "packages/alipay-sandbox/test/notifications.test.ts",
  "packages/alipay/test/GatewayHttpClient.test.ts",
  "conformance/test/liars.test.ts"
]

export default defineConfig({
  test: {
    testTimeout: 20_000,
    maxWorkers: "100%",
    reporters: process.env["CI"] ? ["default", ["json", { outputFile: "tmp/vitest.json" }]] : ["default"],
    projects: [
      // Loading a module once for all files of a worker, not once for each, is half of the time.
      {
        extends: true,
        test: { name: "together", include, exclude: [...configDefaults.exclude, ...alone], isolate: false }
      },
      { extends: true, test: { name: "alone", include: alone } }
    ]
  }
})
