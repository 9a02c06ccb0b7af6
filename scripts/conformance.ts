// Runs the conformance kit on every plug-in of the workspace and prints the matrix protocols × laws.
//
// A plug-in is a file `subject.ts` or `*.subject.ts` under `test` or `conformance` of a package. Flags go to the kit:
// `pnpm conformance --only LIM`.
import { spawnSync } from "node:child_process"
import { globSync } from "node:fs"
import { root } from "./compiler.ts"

const subjects = globSync("{packages/*,conformance}/{test,conformance}/**/{subject,*.subject}.ts", {
  cwd: root,
  exclude: (path) => /node_modules|fixtures/.test(typeof path === "string" ? path : "")
}).toSorted()

const { status } = spawnSync(
  process.execPath,
  ["conformance/src/bin.ts", "matrix", ...process.argv.slice(2), ...subjects],
  { cwd: root, stdio: "inherit" }
)
process.exitCode = status ?? 3
