// Runs the type tests, `packages/*/type-tests/**/*.tst.ts`, with the compiler that the workspace is built with.
//
// A type test states what compiles, and after `// @ts-expect-error <pattern>` what does not, and why: the next line must
// be an error, and the pattern (a regular expression) must match its text. An error without a pattern is not accepted,
// since any typing mistake would satisfy it. For types that must be equal there is `expectTypeOf` of vitest.
//
// The compiler drops errors below `@ts-expect-error`, so copies are compiled in which the comment has another name.
import { execFile } from "node:child_process"
import { glob, mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { dirname, join, sep } from "node:path"
import { compiler, root } from "./compiler.ts"

const directive = /\/\/ @ts-expect-error\b[ \t]*(.*?)\s*$/

interface Expectation {
  readonly line: number // of the comment
  readonly target: number // the next line of code, where the error must be
  readonly pattern: string
}

const expectationsIn = (source: string): ReadonlyArray<Expectation> => {
  const lines = source.split("\n")
  return lines.flatMap((text, index) => {
    const pattern = directive.exec(text)?.[1]
    if (pattern === undefined) return []
    const next = lines.findIndex((line, at) => at > index && !/^\s*(\/\/.*)?$/.test(line))
    return [{ line: index + 1, target: next + 1, pattern }]
  })
}

/** Errors as `tsc --pretty false` prints them; indented lines continue the one above. */
const errorsIn = (output: string) => {
  const errors: Array<{ readonly file: string; readonly line: number; text: string }> = []
  for (const row of output.split("\n")) {
    const match = /^(.+?)\((\d+),\d+\): (.*)$/.exec(row)
    if (match !== null) errors.push({ file: match[1]!, line: Number(match[2]), text: match[3]! })
    else if (row.startsWith(" ") && errors.length > 0) errors.at(-1)!.text += `\n${row}`
    else if (row.trim() !== "") errors.push({ file: "", line: 0, text: row })
  }
  return errors
}

const run = (config: string, cwd: string): Promise<string> =>
  new Promise((resolve, reject) =>
    execFile(
      compiler(),
      ["-p", config, "--pretty", "false", "--noErrorTruncation"],
      { cwd, maxBuffer: 2 ** 26 },
      (error, stdout, stderr) => (typeof error?.code === "string" ? reject(error) : resolve(stdout + stderr))
    )
  )

export interface Report {
  readonly files: number
  readonly expectations: number
  readonly failures: ReadonlyArray<string>
}

/** Runs the type tests of the workspace in a directory. */
export const typeTests = async (workspace: string): Promise<Report> => {
  const copies = `.type-tests-${process.pid}`
  const tests = new Map<string, { readonly path: string; readonly expectations: ReadonlyArray<Expectation> }>()
  const config = join(workspace, `tsconfig${copies}.json`)
  const written = new Set([config])
  try {
    for await (const path of glob("{packages/*,conformance}/type-tests/**/*.ts", { cwd: workspace })) {
      const copy = path.replace(`${sep}type-tests${sep}`, `${sep}${copies}${sep}`)
      const source = await readFile(join(workspace, path), "utf8")
      written.add(join(workspace, copy.slice(0, copy.indexOf(copies)), copies))
      await mkdir(dirname(join(workspace, copy)), { recursive: true })
      await writeFile(join(workspace, copy), source.replaceAll("@ts-expect-error", "@expected-error"))
      tests.set(copy, { path, expectations: expectationsIn(source) })
    }
    if (tests.size === 0) return { files: 0, expectations: 0, failures: ["there are no type tests"] }
    await writeFile(
      config,
      JSON.stringify({ extends: join(root, "tsconfig.json"), include: [], files: [...tests.keys()] })
    )
    const errors = errorsIn(await run(config, workspace))
    const failures: Array<string> = []
    let count = 0
    for (const [copy, { path, expectations }] of tests) {
      for (const { line, target, pattern } of expectations) {
        count += 1
        const there = errors.filter((error) => error.file === copy && error.line === target)
        if (pattern === "")
          failures.push(`${path}:${line} says no reason: write // @ts-expect-error <pattern of the message>`)
        else if (there.length === 0) failures.push(`${path}:${target} compiles, but should fail with /${pattern}/`)
        else if (!there.some(({ text }) => new RegExp(pattern).test(text))) {
          failures.push(
            `${path}:${target} fails, but not with /${pattern}/\n${there.map(({ text }) => text).join("\n")}`
          )
        }
      }
    }
    for (const { file, line, text } of errors) {
      const test = tests.get(file)
      if (test?.expectations.some(({ target }) => target === line)) continue
      failures.push(`${file === "" ? "" : `${test?.path ?? file}:${line} `}${text}`)
    }
    return { files: tests.size, expectations: count, failures }
  } finally {
    await Promise.all([...written].map((path) => rm(path, { recursive: true, force: true })))
  }
}

if (import.meta.main) {
  const { expectations, failures, files } = await typeTests(root)
  for (const failure of failures) console.error(`${failure}\n`)
  console.log(`${files} files of type tests, ${expectations} expected errors, ${failures.length} failures`)
  process.exitCode = failures.length === 0 ? 0 : 1
}
