// Everything that must hold before a change lands, with one line per step; a step's output is shown when it fails.
//
// Steps run two at a time. `pnpm check lint types` runs only those.
import { spawn } from "node:child_process"
import { root } from "./compiler.ts"

const node = (script: string) => [process.execPath, `scripts/${script}.ts`]

const steps: Readonly<Record<string, ReadonlyArray<string>>> = {
  tests: ["vitest", "run"],
  "format:check": ["oxfmt", "--check", "."],
  lint: ["oxlint", "--deny-warnings", "--report-unused-disable-directives"],
  types: node("typecheck"),
  "type-tests": node("type-tests"),
  "docs-examples": node("docs-examples"),
  unused: ["knip", "--no-progress", "--no-config-hints"],
  build: node("build"),
  conformance: node("conformance"),
  "crash-test": [process.execPath, "packages/crash-test/src/bin.ts", "--kills", "200"]
}

interface Outcome {
  readonly name: string
  readonly seconds: string
  readonly ok: boolean
  readonly output: string
}

const run = (name: string): Promise<Outcome> =>
  new Promise((resolve) => {
    const [command, ...args] = steps[name]!
    const start = performance.now()
    let output = ""
    const done = (ok: boolean) =>
      resolve({ name, seconds: ((performance.now() - start) / 1000).toFixed(1), ok, output })
    const child = spawn(command!, args, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, PATH: `${root}node_modules/.bin:${process.env["PATH"]}` }
    })
    child.stdout.on("data", (data) => (output += data))
    child.stderr.on("data", (data) => (output += data))
    child.on("error", (error) => ((output += error.message), done(false)))
    child.on("close", (code) => done(code === 0))
  })

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(name in steps))
if (unknown.length > 0) {
  console.error(`no step is called ${unknown.join(" or ")}; the steps are ${Object.keys(steps).join(", ")}`)
  process.exit(2)
}

const waiting = asked.length > 0 ? asked : Object.keys(steps)
const outcomes: Array<Outcome> = []
const width = Math.max(...waiting.map((name) => name.length))
const worker = async () => {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const outcome = await run(name)
    outcomes.push(outcome)
    console.log(`${outcome.ok ? "ok  " : "FAIL"}  ${name.padEnd(width)}  ${outcome.seconds.padStart(6)} s`)
  }
}
await Promise.all([worker(), worker()])

const failed = outcomes.filter(({ ok }) => !ok)
for (const { name, output } of failed) console.log(`\n──── ${name}\n${output.trim()}`)
console.log(failed.length === 0 ? "\nall is well" : `\nfailed: ${failed.map(({ name }) => name).join(", ")}`)
process.exitCode = failed.length === 0 ? 0 : 1
