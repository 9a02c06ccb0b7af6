// What the command line promises, and what the doctor finds. It runs in this process; one run is a process.
import * as NodeServices from "@effect/platform-node/NodeServices"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { AlipaySandbox } from "@paylayer/alipay-sandbox/AlipaySandbox"
import { SandboxServer } from "@paylayer/alipay-sandbox/SandboxServer"
import { areas } from "@paylayer/cli/Areas"
import * as Cli from "@paylayer/cli/Cli"
import type { Finding } from "@paylayer/cli/Finding"
import * as Book from "@paylayer/gateway/Book"
import * as GatewayStore from "@paylayer/gateway/GatewayStore"
import { StripeSandbox } from "@paylayer/gateway/StripeSandbox"
import { StripeSandboxServer } from "@paylayer/gateway/StripeSandboxServer"
import type * as Command from "effect/cli/Command"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as SqlClient from "effect/sql/SqlClient"
import { execFile } from "node:child_process"
import { generateKeyPairSync } from "node:crypto"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as SqliteClient from "@paylayer/ledger-sqlite/SqliteClient"
import * as SqliteLedger from "@paylayer/ledger-sqlite/SqliteLedger"

const directory = mkdtempSync(join(tmpdir(), "paylayer-cli-"))
const filename = join(directory, "ledger.db")
const sandbox = ManagedRuntime.make(Layer.provideMerge(SandboxServer.layer(), AlipaySandbox.layer))
let alipay: Record<string, string>
beforeAll(async () => {
  alipay = await sandbox.runPromise(
    Effect.gen(function* () {
      const { config } = yield* AlipaySandbox
      const { gateway } = yield* SandboxServer
      return {
        ALIPAY_APP_ID: config.app_id,
        ALIPAY_PRIVATE_KEY: Redacted.value(config.application_private_key),
        ALIPAY_PUBLIC_KEY: config.alipay_public_key,
        ALIPAY_GATEWAY: gateway
      }
    })
  )
  await Effect.runPromise(Effect.scoped(SqliteLedger.make({ filename })))
}, 30_000)
afterAll(async () => {
  await sandbox.dispose()
  rmSync(directory, { recursive: true, force: true })
})

const run = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) => {
  const out: Array<string> = []
  const err: Array<string> = []
  const caught: Console.Console = {
    ...globalThis.console,
    log: (text: string) => void out.push(text ?? ""),
    error: (text: string) => void err.push(text)
  }
  return Effect.runPromise(
    Cli.run(args).pipe(
      Effect.provideService(Console.Console, caught),
      Effect.provide(NodeServices.layer),
      Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env: { ...env, NO_COLOR: "1" } })),
      Effect.map((code) => ({ code, out: out.join("\n"), err: err.join("\n") }))
    )
  )
}

const examine = async (args: ReadonlyArray<string>, env?: Readonly<Record<string, string>>) => {
  const { code, out } = await run(["doctor", "--json", ...args], env)
  const { findings, ok }: { readonly ok: boolean; readonly findings: ReadonlyArray<Finding> } = JSON.parse(out)
  assert.strictEqual(code, ok ? 0 : 1)
  for (const { advice, verdict } of findings) if (verdict !== "ok") assert.isDefined(advice)
  return new Map(findings.map((finding) => [finding.check, finding]))
}

describe("the command line", () => {
  it("lists every area, and completes all of them in every shell", async () => {
    const help = await run(["--help"])
    assert.strictEqual(help.code, 0)
    for (const shell of ["bash", "zsh", "fish"]) {
      const { out } = await run(["--completions", shell])
      for (const name of Object.keys(areas)) {
        assert.include(help.out, name)
        assert.include(out, name, shell)
      }
      assert.include(out, "unresolved", `${shell} knows what is below an area`)
    }
  }, 30_000)

  it("says what it does not know, with 2, and what an area cannot do, in its own words", async () => {
    const typo = await run(["ledgr"])
    assert.strictEqual(typo.code, 2)
    assert.include(typo.out + typo.err, "ledger")
    const nowhere = await run(["ledger", "list", "--ledger", `sqlite:${join(directory, "none.db")}`])
    assert.deepEqual([nowhere.code, nowhere.out], [2, ""])
    assert.include(nowhere.err, "there is no file")
    const name = await run(["new-protocol", "Not A Name"])
    assert.strictEqual(name.code, 2)
    assert.include(name.err, "no name for a protocol")
    assert.strictEqual((await run(["reconcile", "--day", "yesterday", "--ledger", `sqlite:${filename}`])).code, 2)
  })

  it("runs as a process, and ends with the code of its command", async () => {
    const bin = join(import.meta.dirname, "../src/bin.ts")
    const code = await new Promise<number | string | null | undefined>((resolve) =>
      execFile(process.execPath, [bin, "ledger", "show", "ch_none", "--ledger", `sqlite:${filename}`], (error) =>
        resolve(error?.code)
      )
    )
    assert.strictEqual(code, 2)
  }, 30_000)
})

describe("the ledger of a file that the environment names", () => {
  const secret = join(directory, "address")
  const config = join(directory, "empty.json")
  const named = { PAYLAYER_LEDGER_FILE: secret }

  it("is the ledger of every command", async () => {
    writeFileSync(secret, `sqlite:${filename}\n`)
    writeFileSync(config, JSON.stringify({ developers: [], tools: [] }))
    const owed = await run(["payouts", "owed", "acme", "--config", config], { ...alipay, ...named })
    assert.deepEqual([owed.code, owed.out], [0, "nothing"], owed.err)
    assert.strictEqual((await run(["ledger", "list"], named)).code, 0)
    assert.strictEqual((await examine([], named)).get("ledger")?.verdict, "ok")
  })

  it("is asked for where the file cannot be read, and never repeated", async () => {
    const missing = { PAYLAYER_LEDGER_FILE: join(directory, "missing") }
    for (const args of [
      ["payouts", "owed", "acme", "--config", config],
      ["serve", "--config", config],
      ["ledger", "list"]
    ]) {
      const { code, err } = await run(args, { ...alipay, ...missing })
      assert.deepEqual([code, err], [2, "PAYLAYER_LEDGER_FILE names a file that cannot be read"])
    }
    assert.strictEqual((await examine([], missing)).get("ledger")?.verdict, "failed")
    writeFileSync(secret, "mysql://canary")
    const wrong = await run(["serve", "--config", config], { ...alipay, ...named })
    assert.strictEqual(wrong.code, 2)
    assert.notInclude(wrong.out + wrong.err, "canary")
  })
})

describe("payouts reconcile", () => {
  const account = "acct_1RECONCILE000001"
  const config = join(directory, "acme.json")
  const books = Layer.provideMerge(
    Layer.provideMerge(Book.layer, GatewayStore.layer()),
    SqliteClient.layer({ filename })
  )
  const stripe = ManagedRuntime.make(Layer.provideMerge(StripeSandboxServer.layer(), StripeSandbox.layer))
  afterAll(() => stripe.dispose())

  const post = (currency: "CNY" | "USD") =>
    Book.Book.use((book) =>
      book.post({
        id: `adjustment:${currency}`,
        atMillis: 0,
        kind: "adjustment",
        developer: "acme",
        postings: [
          { account: { kind: "provider", owner: "alipay-trust", currency }, minor: 5_000n },
          { account: { kind: "merchant", owner: "acme", currency }, minor: -5_000n }
        ]
      })
    )
  /** As if a payout in a currency had been made so many days ago. */
  const made = (currency: string, days: number) =>
    SqlClient.SqlClient.use(
      (sql) =>
        sql`UPDATE gateway_payouts SET created_at = ${Date.now() - days * 86_400_000} WHERE currency = ${currency}`
    )

  it("finds what was taken back of payouts of the last 30 days, or since the day it is told", async () => {
    const acme = { id: "acme", name: "ACME", payout: { rail: "stripe", account }, currencies: ["CNY", "USD"] }
    writeFileSync(config, JSON.stringify({ developers: [acme], tools: [] }))
    await Effect.runPromise(Effect.provide(Effect.andThen(post("CNY"), post("USD")), books))
    const env = await stripe.runPromise(
      Effect.gen(function* () {
        const { fund, open, secretKey } = yield* StripeSandbox
        yield* Effect.all([open(account), fund("CNY", 1_000_000n), fund("USD", 1_000_000n)])
        return {
          ...alipay,
          PAYLAYER_LEDGER: `sqlite:${filename}`,
          STRIPE_SECRET_KEY: Redacted.value(secretKey),
          STRIPE_API: (yield* StripeSandboxServer).url
        }
      })
    )
    const payouts = async (...args: ReadonlyArray<string>) => {
      const { code, err, out } = await run(["payouts", ...args, "--config", config, "--json"], env)
      assert.strictEqual(code, 0, err)
      const lines = out.split("\n").filter((line) => line !== "")
      return lines.map((line): { state: string; money: { currency: string } } => JSON.parse(line))
    }
    const told = async (...args: ReadonlyArray<string>) =>
      (await payouts(...args)).map(({ money, state }) => `${money.currency} ${state}`)

    assert.deepEqual(await told("create", "acme", "CNY"), ["CNY paid"])
    assert.deepEqual(await told("create", "acme", "USD"), ["USD paid"])
    await stripe.runPromise(
      StripeSandbox.use(({ reverse, transfers }) =>
        Effect.flatMap(transfers, (all) => Effect.forEach(all, ({ id }) => reverse(id)))
      )
    )
    await Effect.runPromise(Effect.provide(Effect.andThen(made("CNY", 31), made("USD", 29)), books))
    assert.deepEqual(await told("reconcile"), ["USD reversed"])
    assert.deepEqual(await told("list", "--state", "paid"), ["CNY paid"])
    assert.deepEqual(await told("reconcile", "--since", "2026-01-01"), ["CNY reversed"])

    const typo = await run(["payouts", "reconcile", "--since", "yesterday", "--config", config], env)
    assert.strictEqual(typo.code, 2)
    assert.include(typo.err, "--since")
  }, 30_000)
})

describe("the operator's guide", () => {
  // What stands between backticks, and the lines of shell blocks, comments left out.
  const guide = readFileSync(new URL("../../../docs/operating-a-gateway.md", import.meta.url), "utf8")
  const told = [...guide.matchAll(/`(paylayer [^`\n]+)`|^(paylayer .+)$/gm)].map(([, inline, line]) =>
    (inline ?? line ?? "").replace(/ #.*$/, "").trim().split(/\s+/)
  )

  it("names commands and flags that there are", async () => {
    assert.isAbove(told.length, 15)
    for (const [, area = "", ...rest] of told) {
      if (area === "…") continue
      assert.property(areas, area)
      const command = (await areas[area]!()).command as Command.Command.Any
      const names = command.subcommands.flatMap(({ commands }) => commands.map(({ name }) => name))
      if (names.length > 0 && rest[0] !== undefined) assert.include(names, rest[0], `paylayer ${area}`)
      const path = names.length > 0 ? [area, ...rest.slice(0, 1)] : [area]
      const { code, out } = await run([...path, "--help"])
      assert.strictEqual(code, 0)
      for (const flag of rest.filter((word) => word.startsWith("--")))
        assert.match(out, new RegExp(`${flag}\\b`), path.join(" "))
    }
  }, 30_000)
})

describe("the doctor", () => {
  it("finds a machine well that is", async () => {
    const found = await examine(["--ledger", `sqlite:${filename}`], alipay)
    for (const check of ["Node", "ledger", "Alipay settings", "Alipay gateway", "clock"]) {
      assert.strictEqual(found.get(check)?.verdict, "ok", `${check}: ${found.get(check)?.said}`)
    }
    const table = await run(["doctor", "--ledger", `sqlite:${filename}`], alipay)
    assert.match(table.out, /^ok +Alipay gateway +.*signature is Alipay's/m)
  })

  it("skips what nobody asked for, and says how to ask", async () => {
    const found = await examine([])
    assert.deepEqual([found.get("ledger")?.verdict, found.get("Alipay settings")?.verdict], ["skipped", "skipped"])
  })

  it("tells wrong keys, a wrong application and a gateway that is not there apart", async () => {
    const pem = { type: "spki", format: "pem" } as const
    const other = generateKeyPairSync("rsa", { modulusLength: 2048 })
    const cases: ReadonlyArray<readonly [string, Readonly<Record<string, string>>, RegExp]> = [
      ["Alipay gateway", { ALIPAY_PUBLIC_KEY: other.publicKey.export(pem).toString() }, /not signed by the key/],
      ["Alipay gateway", { ALIPAY_APP_ID: "2021000000009999" }, /does not take the request/],
      ["Alipay gateway", { ALIPAY_GATEWAY: "http://127.0.0.1:1/gateway.do" }, /cannot be reached/],
      ["Alipay settings", { ALIPAY_PRIVATE_KEY: "nonsense" }, /ALIPAY_PRIVATE_KEY/]
    ]
    for (const [check, wrong, words] of cases) {
      const finding = (await examine([], { ...alipay, ...wrong })).get(check)
      assert.strictEqual(finding?.verdict, "failed", JSON.stringify(wrong))
      assert.match(finding?.said ?? "", words)
      assert.notInclude(JSON.stringify(finding), "nonsense")
    }
  }, 30_000)

  it("warns of an SQLite file that is not there yet, and makes none; without its directory that is a failure", async () => {
    const yet = join(directory, "yet.db")
    const found = (await examine(["--ledger", `sqlite:${yet}`])).get("ledger")
    assert.strictEqual(found?.verdict, "warning")
    assert.match(found?.advice ?? "", /paylayer serve makes it/)
    assert.isFalse(existsSync(yet))
    const lost = (await examine(["--ledger", `sqlite:${join(directory, "lost", "yet.db")}`])).get("ledger")
    assert.strictEqual(lost?.verdict, "failed")
  })

  it("finds every mistake of a gateway's configuration, and one well that serve would take", async () => {
    const config = join(directory, "doctor.json")
    const read = async (developers: ReadonlyArray<unknown>, tools: ReadonlyArray<unknown>) => {
      writeFileSync(config, JSON.stringify({ developers, tools }))
      const { code, out } = await run(["doctor", "--json", "--config", config])
      const { findings }: { readonly findings: ReadonlyArray<Finding> } = JSON.parse(out)
      return { code, found: findings.filter(({ check }) => check === "configuration") }
    }
    const acme = { id: "acme", name: "ACME" }
    const upstream = { url: "https://acme.example/", headers: { authorization: { env: "ACME_MISSING" } } }
    const wrong = await read([acme], [{ slug: "a", developer: "nobody", upstream, price: { CNY: "1.00" } }])
    assert.deepEqual([wrong.code, ...wrong.found.map(({ verdict }) => verdict)], [1, "failed", "failed"])
    assert.match(wrong.found.map(({ said }) => said).join(), /nobody/)
    assert.match(wrong.found.map(({ said }) => said).join(), /ACME_MISSING/)
    assert.deepEqual(await read([acme], []), {
      code: 0,
      found: [{ check: "configuration", verdict: "ok", said: "tools: 0, developers: 1" }]
    })
  })

  it("finds a ledger that cannot be opened, and a port that is taken", async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const address = server.address()
    const port = address !== null && typeof address === "object" ? address.port : 0
    try {
      const found = await examine(["--ledger", `sqlite:${directory}`, "--port", String(port)])
      assert.strictEqual(found.get("ledger")?.verdict, "failed")
      assert.match(found.get("ledger")?.said ?? "", /is not a file/)
      assert.match(found.get(`port ${port}`)?.said ?? "", /something else listens/)
    } finally {
      server.close()
    }
    const free = await examine(["--port", String(port)])
    assert.strictEqual(free.get(`port ${port}`)?.verdict, "ok")
  })
})
