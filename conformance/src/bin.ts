#!/usr/bin/env node
/**
 * The command line as a process: `paylayer-conformance check ./subject.ts`.
 *
 * A kit that cannot even be loaded must not end with 1, which says that a plug-in is broken.
 */
import { enableCompileCache } from "node:module"

// Most of what a short command takes is the compiler's time.
enableCompileCache()
import("./cli/internal/main.ts").then(
  ({ main }) => main(process.argv.slice(2)),
  (error: unknown) => {
    process.stderr.write(`the kit itself cannot be loaded: ${error instanceof Error ? error.stack : String(error)}\n`)
    process.exitCode = 3
  }
)
