// Compiles the TypeScript in the documentation: every block fenced as `ts`. An error is reported at its line of the page.
//
// A block stands alone, as a reader would paste it. One fenced as `ts continues` goes on from the block above it, and one
// fenced as `ts no-check` is left out: it shows a shape, not a program. A name that an example never uses is fine.
import { execFile } from "node:child_process"
import { glob, mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { dirname, join, relative } from "node:path"
import { compiler, root } from "./compiler.ts"

const pages = "{README,ARCHITECTURE,CONTRIBUTING,AGENTS}.md,docs/**/*.md,{packages/*,conformance}/README.md"

/** The blocks of a page, each with as many empty lines before it as the page has lines before it. */
const blocksIn = (page: string): ReadonlyArray<string> => {
  const blocks: Array<string> = []
  const open = /^( *)(`{3,})ts(?: (continues|no-check))?[ \t]*$/
  const lines = page.split("\n")
  for (let index = 0; index < lines.length; index++) {
    const [, indent = "", fence, mode] = open.exec(lines[index]!) ?? []
    if (fence === undefined) continue
    const end = lines.findIndex((line, at) => at > index && line.trim() === fence)
    const body = lines.slice(index + 1, end === -1 ? undefined : end).map((line) => line.slice(indent.length))
    const before = mode === "continues" ? (blocks.pop() ?? "").split("\n") : []
    const padding = Array.from({ length: index + 1 - before.length }, () => "")
    if (mode !== "no-check") blocks.push([...before, ...padding, ...body].join("\n"))
    if (end === -1) break
    index = end
  }
  return blocks
}

export interface Report {
  readonly examples: number
  /** `page:line:column: error …`, or nothing when everything compiles. */
  readonly errors: string
}

/** Compiles the examples in the pages of the workspace in a directory. */
export const docsExamples = async (workspace: string): Promise<Report> => {
  const temporary = join("tmp", `docs-${process.pid}`)
  const directories = new Set([join(workspace, temporary)])
  const files: Array<string> = []
  try {
    for await (const page of glob(`{${pages}}`, { cwd: workspace, exclude: ["**/node_modules/**"] })) {
      for (const [index, block] of blocksIn(await readFile(join(workspace, page), "utf8")).entries()) {
        // A page imports what the package can that it lies in.
        const owner = /^(packages\/[^/]+|conformance|docs)\//.exec(page)?.[1] ?? ""
        const file = join(workspace, owner, temporary, `${relative(owner, page)}.${index + 1}.ts`)
        directories.add(join(workspace, owner, temporary))
        await mkdir(dirname(file), { recursive: true })
        await writeFile(file, `${block}\n`)
        files.push(file)
      }
    }
    if (files.length === 0) return { examples: 0, errors: "" }
    const config = join(workspace, temporary, "tsconfig.json")
    await mkdir(dirname(config), { recursive: true })
    await writeFile(
      config,
      JSON.stringify({
        extends: join(root, "tsconfig.json"),
        compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
        include: [],
        files
      })
    )
    const output = await new Promise<string>((resolve, reject) =>
      execFile(compiler(), ["-p", config, "--pretty", "false"], { cwd: workspace }, (error, stdout, stderr) =>
        typeof error?.code === "string" ? reject(error) : resolve(stdout + stderr)
      )
    )
    return {
      examples: files.length,
      errors: output.replaceAll(`${temporary}/`, "").replace(/^(.+\.md)\.\d+\.ts\((\d+),(\d+)\)/gm, "$1:$2:$3")
    }
  } finally {
    await Promise.all([...directories].map((path) => rm(path, { recursive: true, force: true })))
  }
}

if (import.meta.main) {
  const { errors, examples } = await docsExamples(root)
  if (errors !== "") console.error(errors)
  console.log(`${examples} examples ${errors === "" ? "compile" : "compiled, with errors"}`)
  process.exitCode = errors === "" ? 0 : 1
}
