// Type-checks everything in the workspace that is TypeScript: sources, tests, type tests, scripts.
import { spawnSync } from "node:child_process"
import { compiler, root } from "./compiler.ts"

const { status } = spawnSync(compiler(), ["-p", "tsconfig.json", ...process.argv.slice(2)], {
  stdio: "inherit",
  cwd: root
})
process.exitCode = status ?? 1
