// The command line as a process, as people and CI servers meet it.
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

export const conformance = fileURLToPath(new URL("../..", import.meta.url))
const bin = join(conformance, "src/bin.ts")

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs the command line in `conformance`, or elsewhere. */
export const run = (
  args: ReadonlyArray<string>,
  { cwd = conformance, node = [] }: { readonly cwd?: string; readonly node?: ReadonlyArray<string> } = {}
): Promise<Ran> =>
  new Promise((resolve) =>
    execFile(
      process.execPath,
      [...node, bin, ...args],
      {
        cwd,
        timeout: 60_000,
        env: { ...process.env, NO_COLOR: "1", NODE_COMPILE_CACHE: join(tmpdir(), "paylayer-compiled") }
      },
      (error, out, err) =>
        resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, out, err })
    )
  )

/** Checks a subject of `fixtures` under a few laws. */
export const check = (fixture: string, ...args: ReadonlyArray<string>) =>
  run(["check", `./test/cli/fixtures/${fixture}.ts`, "--profile", "quick", "--seed", "1", ...args])

/** A directory that is gone after the test. */
export const temporary = (where = tmpdir()) => {
  const directory = mkdtempSync(join(where, "conformance-"))
  return { directory, [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) }
}

export const workspace = dirname(conformance.replace(/\/$/, ""))
