// Type-checks the workspace with the TypeScript that knows Effect: floating effects, Date, Math.random and console are errors.
import { execFileSync, spawnSync } from "node:child_process"

const tsc = execFileSync("effect-tsgo", ["get-exe-path"], { encoding: "utf8" }).trim()
const { status } = spawnSync(tsc, ["-p", "tsconfig.json", ...process.argv.slice(2)], { stdio: "inherit" })
process.exitCode = status ?? 1
