import { readFileSync } from "node:fs"

const laws = JSON.parse(readFileSync(new URL("./stryker.config.json", import.meta.url), "utf8"))

/** The same for the harness, whose tests are others. */
export default {
  ...laws,
  mutate: [
    "conformance/src/internal/*.ts",
    "conformance/src/{Law,Conformance,Verdict,Report,Replay,Explain,Secrets,SeededScheduler,VirtualClock,Movement}.ts"
  ],
  vitest: { ...laws.vitest, configFile: "vitest.harness.config.ts" },
  htmlReporter: { fileName: "tmp/mutation-harness.html" },
  jsonReporter: { fileName: "tmp/mutation-harness.json" }
}
