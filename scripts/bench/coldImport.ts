// How long a process takes to load the core and one host, as they are published, beside a process that loads nothing.
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { compiler, root } from "../compiler.ts"

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

const goal = 120

const modules = [
  "@paylayer/core/Paywall",
  "@paylayer/core/LedgerMemory",
  "@paylayer/core/Price",
  "@paylayer/http/FetchHandler"
]

/** A folder whose `node_modules` has the two packages with what they publish. */
const publish = (folder: string): void => {
  const directories = ["packages/core", "packages/http"]
  const { status } = spawnSync(compiler(), ["-b", ...directories], { cwd: root, stdio: "inherit" })
  if (status !== 0) throw new Error("the packages do not build")
  for (const directory of directories) {
    const manifest = JSON.parse(readFileSync(join(root, directory, "package.json"), "utf8"))
    const { dependencies, name, peerDependencies, publishConfig, type } = manifest
    const own = join(folder, "node_modules", name)
    cpSync(join(root, directory, "dist"), join(own, "dist"), { recursive: true })
    writeFileSync(join(own, "package.json"), JSON.stringify({ name, type, exports: publishConfig.exports }))
    for (const dependency of Object.keys({ ...dependencies, ...peerDependencies })) {
      if (dependency.startsWith("@paylayer/")) continue
      const link = join(folder, "node_modules", dependency)
      mkdirSync(dirname(link), { recursive: true })
      rmSync(link, { force: true })
      symlinkSync(join(root, directory, "node_modules", dependency), link)
    }
  }
}

export const coldImport = (rounds: number): void => {
  const folder = mkdtempSync(join(tmpdir(), "paylayer-import-"))
  try {
    publish(folder)
    const load = modules.map((module) => `import(${JSON.stringify(module)})`).join(",")
    const timed = (source: string): number => {
      const start = performance.now()
      const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", source], { cwd: folder })
      if (status !== 0) throw new Error(String(stderr))
      return performance.now() - start
    }
    const sources = {
      empty: "await Promise.all([])",
      schema: 'await import("effect/Schema")',
      loading: `await Promise.all([${load}])`
    }
    for (const source of Object.values(sources)) timed(source)
    const taken = Array.from({ length: Math.max(rounds, 7) }, () => {
      const empty = timed(sources.empty)
      return { schema: timed(sources.schema) - empty, loading: timed(sources.loading) - empty }
    })
    const millis = median(taken.map(({ loading }) => loading))
    const schema = median(taken.map(({ schema }) => schema))
    console.log(
      `cold import of the core and the fetch host: ${millis.toFixed(0)} ms more than an empty process, of which effect/Schema alone takes ${schema.toFixed(0)}; goal: ${goal} ms, ${millis <= goal ? "kept" : "missed"}`
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
