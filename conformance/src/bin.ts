#!/usr/bin/env node
/**
 * The command line as a process: `paylayer-conformance check ./subject.ts`.
 *
 * A kit that cannot even be loaded must not end with 1, which says that a plug-in is broken.
 */
import { enableCompileCache } from "node:module"
import { prepare } from "./cli/internal/recruits.ts"
import { remember } from "./cli/internal/resolving.ts"

const args = process.argv.slice(2)

/** Whether all laws are to be checked, by as many threads as there are cores. */
const isWhole = args[0] === "check" && !args.some((arg) => /^--(?:only|replay|workers|help)\b/.test(arg))

// Most of what a short command takes is the compiler's time.
enableCompileCache()
remember()
if (isWhole) prepare()
import("./cli/internal/main.ts").then(
  ({ main }) => main(args),
  (error: unknown) => {
    process.stderr.write(`the kit itself cannot be loaded: ${error instanceof Error ? error.stack : String(error)}\n`)
    process.exitCode = 3
  }
)
