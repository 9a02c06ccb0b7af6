// Every rule of the linter and the compiler is broken here on purpose. `// ✗ rule, rule` at the end of a line names what
// must be reported there; a line without a mark must not be reported. So a rule that dies silently fails this test.
import { execFile } from "node:child_process"
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, assert, beforeAll, describe, test } from "vitest"
import { bin, compiler, root } from "../compiler.ts"

/** `line: rule, rule`, sorted, for each line that has any. */
const byLine = (found: ReadonlyArray<readonly [line: number, rule: string]>): ReadonlyArray<string> => {
  const lines = new Map<number, Set<string>>()
  for (const [line, rule] of found) lines.set(line, (lines.get(line) ?? new Set()).add(rule))
  return [...lines].toSorted(([a], [b]) => a - b).map(([line, rules]) => `${line}: ${[...rules].toSorted().join(", ")}`)
}

const marked = (source: string): ReadonlyArray<string> =>
  byLine(
    source.split("\n").flatMap((text, index) => {
      const mark = /\/\/ ✗ (.+)$/.exec(text)?.[1]
      return mark === undefined ? [] : mark.split(", ").map((rule) => [index + 1, rule.trim()] as const)
    })
  )

const output = (file: string, args: ReadonlyArray<string>, cwd: string): Promise<string> =>
  new Promise((resolve, reject) =>
    execFile(file, args, { cwd }, (error, stdout, stderr) =>
      typeof error?.code === "string" ? reject(error) : resolve(stdout + stderr)
    )
  )

const directories: Array<string> = []
const directory = async (parent: string) => {
  await mkdir(parent, { recursive: true })
  const path = await mkdtemp(join(parent, "rules-"))
  directories.push(path)
  return path
}
afterAll(() => Promise.all(directories.map((path) => rm(path, { recursive: true, force: true }))))

describe("lint", () => {
  let workspace = ""
  beforeAll(async () => {
    workspace = await directory(tmpdir())
    await cp(join(root, ".oxlintrc.json"), join(workspace, ".oxlintrc.json"))
    await cp(join(root, "scripts/lint"), join(workspace, "scripts/lint"), { recursive: true })
  })

  const lint = async (path: string, source: string) => {
    const file = join(workspace, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, source)
    const text = await output(bin("oxlint"), ["--deny-warnings", "-f", "unix", path], workspace)
    return byLine(
      [...text.matchAll(/:(\d+):\d+: .*\[\w+\/\w+\((.+?)\)\]$/gm)].map(([, line, rule]) => [Number(line), rule!])
    )
  }

  const rejects = (name: string, source: string) =>
    test(name, async () => {
      assert.notDeepEqual(marked(source), [], "the fixture breaks a rule")
      assert.deepEqual(await lint("packages/core/src/Fixture.ts", source), marked(source))
      assert.deepEqual(await lint("conformance/src/Fixture.ts", source), marked(source))
    })

  rejects(
    "time comes from Clock",
    `export const a = Date.now() // ✗ no-restricted-globals
export const b = new Date(0) // ✗ no-restricted-globals
export const c = globalThis.Date.now() // ✗ no-restricted-globals
export const d = (at: Date) => at
export const e = { Date: "a header" }`
  )

  rejects(
    "timers come from Effect",
    `setTimeout(() => {}, 1) // ✗ no-restricted-globals
setInterval(() => {}, 1) // ✗ no-restricted-globals
setImmediate(() => {}) // ✗ no-restricted-globals
globalThis.setTimeout(() => {}, 1) // ✗ no-restricted-globals`
  )

  rejects(
    "randomness comes from Random",
    `export const a = Math.random() // ✗ no-restricted-properties
export const { random } = Math // ✗ no-restricted-properties
export const c = crypto.randomUUID() // ✗ no-restricted-properties
export const d = Math.max(1, 2)`
  )

  rejects(
    "the console comes from Console",
    `console.log("paid") // ✗ no-console
console.error("refused") // ✗ no-console`
  )

  rejects(
    "requests go through HttpClient",
    `await fetch("http://localhost") // ✗ no-restricted-globals
await globalThis.fetch("http://localhost") // ✗ no-restricted-globals
export const handler = { fetch: () => new Response() }
handler.fetch()`
  )

  rejects(
    "effect is imported by module",
    `import { Effect } from "effect" // ✗ no-restricted-imports
import type { Schema } from "effect" // ✗ no-restricted-imports
import * as http from "effect/http" // ✗ no-restricted-imports
import { HttpApi } from "effect/http-api" // ✗ no-restricted-imports
import { NodeRuntime } from "@effect/platform-node" // ✗ no-restricted-imports
export * from "effect/schema" // ✗ no-restricted-imports
import * as Layer from "effect/Layer"
import * as HttpClient from "effect/http/HttpClient"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
export { Effect, http, HttpApi, HttpClient, Layer, NodeHttpServer, NodeRuntime, type Schema }`
  )

  rejects(
    "internals of another package are closed",
    `import { secret } from "@paylayer/core/internal/secret" // ✗ no-restricted-imports
import { own } from "./internal/own.ts"
export { own, secret }`
  )

  rejects(
    "an amount in a type is no number",
    `export interface Charge {
  readonly amount: number // ✗ number-amount
  readonly feeMinor?: number | undefined // ✗ number-amount
  readonly "refund-amount": number // ✗ number-amount
  readonly perChargeLimit: Readonly<Array<number>> // ✗ number-amount
  readonly prices: ReadonlyArray<number> // ✗ number-amount
  readonly balances: Map<string, number> // ✗ number-amount
  readonly total: () => number // ✗ number-amount
  remaining(): number // ✗ number-amount
  readonly budget: bigint
  readonly amountCount: number
  readonly bodyLimitBytes: number
  readonly timesLimit: number
  readonly times_limit: number
  readonly priceDecimals: number
  readonly status: number
  readonly minority: number
  readonly limitOf: (depth: number) => bigint
}
export type Price = number // ✗ number-amount
export type Cents = number | bigint // ✗ number-amount`
  )

  rejects(
    "an amount in a signature is no number",
    `export const pay = (amount: number) => amount // ✗ number-amount
export const payIn = (currency: string, amount: number = 1) => [currency, amount] // ✗ number-amount
export function fee(): number { // ✗ number-amount
  return 1
}
export const cost = (calls: number): number => calls // ✗ number-amount
export const spentBudget: number = 1 // ✗ number-amount
export class Wallet {
  readonly balance: number = 0 // ✗ number-amount
  #spent: number = 0 // ✗ number-amount
  paid(): number { // ✗ number-amount
    return this.#spent
  }
  get price(): number { // ✗ number-amount
    return 1
  }
}
export const parts = (count: number, minor: bigint) => [count, minor]`
  )

  rejects(
    "an amount in a schema is no number",
    `import * as Schema from "effect/Schema"
export const Terms = Schema.Struct({
  amount: Schema.Number, // ✗ number-amount
  limit: Schema.optional(Schema.Finite), // ✗ number-amount
  fee: Schema.Int.check(Schema.isGreaterThan(0)), // ✗ number-amount
  total: Schema.NullOr(Schema.NumberFromString), // ✗ number-amount
  budget: Schema.BigInt,
  price: Schema.String,
  periodDays: Schema.Number
})
export const Amount = Schema.Number // ✗ number-amount`
  )

  rejects(
    "what is suspicious is refused",
    `export const a = [1, 2].map((n) => { n + 1 }) // ✗ no-unused-expressions
const unused = 1 // ✗ no-unused-vars
debugger // ✗ no-debugger
export const anything = (value: any) => value // ✗ no-explicit-any`
  )

  test("tests and scripts may use the console and the clock", async () => {
    const source = `console.log(Date.now(), new Date(), setTimeout(() => {}, 1))\nexport const pay = (amount: number) => amount\n`
    assert.deepEqual(await lint("packages/core/test/fixture.test.ts", source), [])
    assert.deepEqual(await lint("scripts/fixture.ts", source), [])
  })
})

describe("types", () => {
  const compile = async (path: string, source: string) => {
    const workspace = await directory(join(root, "tmp"))
    const file = join(workspace, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, source)
    const config = {
      extends: join(root, "tsconfig.json"),
      compilerOptions: { rootDir: root },
      include: [],
      files: [file]
    }
    await writeFile(join(workspace, "tsconfig.json"), JSON.stringify(config))
    const text = await output(compiler(), ["-p", join(workspace, "tsconfig.json"), "--pretty", "false"], workspace)
    return byLine(
      [...text.matchAll(/^.*\((\d+),\d+\): (?:error|warning) (TS\d+): (?:.* effect\((\w+)\))?/gm)].map(
        ([, line, code, rule]) => [Number(line), rule ?? code!]
      )
    )
  }

  const source = `import * as Effect from "effect/Effect"
Effect.succeed(1) // ✗ floatingEffect
export const a = [Date.now(), new Date()] // ✗ globalDate
export const b = Math.random() // ✗ globalRandom
console.log("paid") // ✗ globalConsole
setTimeout(() => {}, 1) // ✗ globalTimers
setInterval(() => {}, 1) // ✗ globalTimers
void fetch("http://localhost") // ✗ globalFetch
export const c = crypto.randomUUID() // ✗ cryptoRandomUUID
export const d = process.env["ALIPAY_APP_ID"] // ✗ processEnv
export const program = Effect.gen(function* () {
  Effect.log("lost") // ✗ floatingEffect
  const at = [Date.now(), new Date()] // ✗ globalDateInEffect
  const n = Math.random() // ✗ globalRandomInEffect
  console.log("paid") // ✗ globalConsoleInEffect
  setTimeout(() => {}, 1) // ✗ globalTimersInEffect
  yield* Effect.tryPromise(() => fetch("http://localhost")) // ✗ globalFetchInEffect
  const id = crypto.randomUUID() // ✗ cryptoRandomUUIDInEffect
  const key = process.env["ALIPAY_PRIVATE_KEY"] // ✗ processEnvInEffect
  try { // ✗ tryCatchInEffectGen
    yield* Effect.log(at, n, id, key)
  } catch {}
  if (n > 1) yield* Effect.fail("refused") // ✗ missingReturnYieldStar
  return n
})
export const promised = Effect.succeed(Promise.resolve(1)) // ✗ promiseInEffectSuccess
export const wrong: bigint = 1 // ✗ TS2322`

  test("an effect that floats, and what Effect has a service for, do not compile in shipped source", async () => {
    assert.deepEqual(await compile("packages/core/src/Fixture.ts", source), marked(source))
  })

  test("an effect that floats does not compile in a test either; its clock and console do", async () => {
    const kept = new Set([
      "floatingEffect",
      "globalRandom",
      "globalRandomInEffect",
      "tryCatchInEffectGen",
      "missingReturnYieldStar",
      "promiseInEffectSuccess",
      "TS2322"
    ])
    assert.deepEqual(
      await compile("packages/core/test/support/fixture.ts", source),
      marked(source).filter((line) => kept.has(line.split(": ")[1]!))
    )
  })
})
