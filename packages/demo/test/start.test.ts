import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Ledger } from "@paylayer/core/Ledger"
import * as Money from "@paylayer/core/Money"
import * as Receipt from "@paylayer/core/Receipt"
import * as SqliteLedger from "@paylayer/ledger-sqlite/SqliteLedger"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const folder = mkdtempSync(join(tmpdir(), "paylayer-start-"))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** Starts it on free ports and waits for what it prints. */
const start = async (environment: Record<string, string>) => {
  const child = spawn(process.execPath, ["packages/demo/src/start.ts"], {
    env: {
      PATH: process.env["PATH"],
      PORT: "0",
      SANDBOX_PORT: "0",
      LEDGER_FILE: join(folder, "ledger.sqlite"),
      ...environment
    },
    stdio: ["ignore", "pipe", "pipe"]
  })
  let output = ""
  const printed = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data) => {
        output += data
        if (output.includes("Ctrl-C stops both.")) resolve()
      })
    }
  })
  await Promise.race([printed, once(child, "exit")])
  return { child, output: () => output }
}

/** What a shell would make of the printed curl line. */
const pasted = (output: string) => {
  const line = /curl -i (\S+)((?:\s+\\\n\s+-\w '[^']*')+)/.exec(output)!
  const options = [...line[2]!.matchAll(/-(\w) '([^']*)'/g)]
  const headers = options
    .filter(([, flag]) => flag === "H")
    .map(([, , value]) => value!.split(": ") as [string, string])
  return { url: line[1]!, headers: Object.fromEntries(headers), body: options.find(([, flag]) => flag === "d")![2]! }
}

describe("pnpm start", () => {
  let child: ChildProcess
  let output: string
  beforeAll(async () => {
    const started = await start({})
    child = started.child
    output = started.output()
  })
  afterAll(async () => {
    child.kill("SIGTERM")
    await once(child, "exit")
  })

  it("prints a curl line that works when pasted, more than once", async () => {
    const { url, headers, body } = pasted(output)
    for (const _ of [1, 2]) {
      const response = await fetch(url, { method: "POST", headers, body })
      assert.strictEqual(response.status, 200)
      assert.isString(response.headers.get("payment-receipt"))
      assert.deepStrictEqual(await response.json(), {
        market: "consumer-electronics",
        region: "asia-pacific",
        yearly_growth: "6.1 %"
      })
    }
  })

  it("sells another tool by the word, for less than a fen", async () => {
    const { url, headers } = pasted(output.slice(output.indexOf("paid by the word")))
    assert.match(url, /keywords$/)
    const body = JSON.stringify({ text: "agents pay for tools ".repeat(30) })
    const response = await fetch(url, { method: "POST", headers, body })
    assert.strictEqual(response.status, 200)
    assert.deepStrictEqual(await response.json(), { keywords: ["agents", "tools"], words: 120 })
    // 120 words cost CNY 0.048: four fen are taken, and the rest is carried.
    const receipt = Receipt.fromHeader(response.headers.get("payment-receipt") ?? "")
    assert.deepStrictEqual(Result.getOrThrow(receipt).money, Money.of("CNY", 4n))
  })

  it("answers 402 without a token, with a price in CNY, USD and EUR", async () => {
    const { url } = pasted(output)
    const response = await fetch(url, { method: "POST", body: "{}" })
    const problem = (await response.json()) as {
      readonly accepts: ReadonlyArray<{ readonly currency: string; readonly amount: string }>
    }
    assert.strictEqual(response.status, 402)
    assert.strictEqual(response.headers.get("content-type"), "application/problem+json")
    assert.deepStrictEqual(
      problem.accepts.map(({ amount, currency }) => `${currency} ${amount}`),
      ["CNY 1.10", "USD 0.15", "EUR 0.14"]
    )
  })

  it("lets a browser send the token, its session and an idempotency key", async () => {
    const { url } = pasted(output)
    const headers = { origin: "https://agent.example", "access-control-request-method": "POST" }
    const preflight = await fetch(url, { method: "OPTIONS", headers })
    const allowed = preflight.headers.get("access-control-allow-headers")!.split(/,\s*/)
    assert.includeMembers(allowed, ["x-alipay-agent-token", "x-alipay-session-id", "authorization", "idempotency-key"])
  })

  it("serves the sandbox beside it", async () => {
    const [, sandbox = ""] = /sandbox is at (http:\/\/127\.0\.0\.1:\d+)/.exec(output)!
    const issued = await fetch(`${sandbox}/sandbox/tokens`, { method: "POST", body: '{"max_total_amount": 1.1}' })
    assert.strictEqual(issued.status, 201)
    const { token } = (await issued.json()) as { readonly token: string }
    const { url, body, headers } = pasted(output)
    const pay = () => fetch(url, { method: "POST", headers: { ...headers, "x-alipay-agent-token": token }, body })
    assert.strictEqual((await pay()).status, 200)
    assert.strictEqual((await pay()).status, 402)
  })

  it("says where the wallet is, which answers with a page", async () => {
    const [, wallet = ""] = /wallet, .+ is at (http:\/\/127\.0\.0\.1:\d+\/wallet)/.exec(output)!
    const page = await fetch(wallet)
    assert.strictEqual(page.status, 200)
    assert.match(page.headers.get("content-type") ?? "", /^text\/html/)
  })

  it("does not start with half a set of credentials, and says all that is missing", async () => {
    const { child: refused, output: said } = await start({ ALIPAY_PRIVATE_KEY: "nonsense" })
    assert.strictEqual(refused.exitCode, 1)
    assert.include(said(), "ALIPAY_APP_ID: it is not set")
    assert.include(said(), "ALIPAY_PUBLIC_KEY: it is not set")
    assert.notInclude(said(), "nonsense")
  })
})

describe("pnpm start, again", () => {
  it("still knows what was charged before", async () => {
    const LEDGER_FILE = join(folder, "restarted.sqlite")
    for (const _ of [1, 2]) {
      const { child, output } = await start({ LEDGER_FILE })
      const { url, headers, body } = pasted(output())
      assert.strictEqual((await fetch(url, { method: "POST", headers, body })).status, 200)
      assert.include(output(), LEDGER_FILE)
      child.kill("SIGTERM")
      await once(child, "exit")
    }
    const settled = Ledger.use((ledger) => ledger.list({ states: ["settled"] })).pipe(
      Effect.provide(SqliteLedger.layer({ filename: LEDGER_FILE }))
    )
    assert.strictEqual((await Effect.runPromise(settled)).length, 2)
  }, 60_000)

  it("says what is wrong with the file, and leaves it alone", async () => {
    const LEDGER_FILE = join(folder, "letter.sqlite")
    writeFileSync(LEDGER_FILE, "Dear reader, this is no database. ".repeat(40))
    const { child, output } = await start({ LEDGER_FILE })
    assert.strictEqual(child.exitCode, 1)
    assert.match(output(), /Not started: .*letter\.sqlite/)
    assert.notMatch(output(), /at .*\.ts:/)
    assert.match(readFileSync(LEDGER_FILE, "utf8"), /^Dear reader/)
  })
})
