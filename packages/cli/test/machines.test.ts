// Three gateways of one configuration on one PostgreSQL, each a process, behind a balancer that asks who is ready.
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { AlipaySandbox } from "@paylayer/alipay-sandbox/AlipaySandbox"
import { SandboxServer } from "@paylayer/alipay-sandbox/SandboxServer"
import { StripeSandbox } from "@paylayer/gateway/StripeSandbox"
import { StripeSandboxServer } from "@paylayer/gateway/StripeSandboxServer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer, request } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as later } from "node:timers/promises"
import * as PostgresServer from "../../ledger-postgres/test/server.ts"

const bin = join(import.meta.dirname, "../src/bin.ts")
const folder = mkdtempSync(join(tmpdir(), "paylayer-machines-"))
const config = join(folder, "gateway.json")
const account = "acct_1MACHINES00000001"

class Database extends Context.Service<Database, PostgresServer.PostgresServer>()("test/Database") {}

const world = ManagedRuntime.make(
  Layer.mergeAll(
    Layer.provideMerge(SandboxServer.layer(), AlipaySandbox.layer),
    Layer.provideMerge(StripeSandboxServer.layer(), StripeSandbox.layer),
    Layer.effect(Database, PostgresServer.make())
  )
)

/** The tool: it says which call it answers, and takes a moment. */
let served = 0
const tool = createServer((incoming, response) => {
  incoming.resume().on("end", () => {
    served++
    setTimeout(() => response.setHeader("content-type", "application/json").end(`{"served":${served}}`), 20)
  })
})

interface Machine {
  readonly child: ChildProcess
  readonly port: number
}

let environment: Record<string, string>
const living: Array<ChildProcess> = []

const run = (args: ReadonlyArray<string>) => {
  const child = spawn(process.execPath, [bin, ...args], { env: environment, stdio: ["ignore", "pipe", "pipe"] })
  living.push(child)
  let [out, err] = ["", ""]
  child.stdout.on("data", (data) => (out += data))
  child.stderr.on("data", (data) => (err += data))
  return { child, said: () => ({ out, err }) }
}

const machine = async (): Promise<Machine> => {
  const { child, said } = run(["serve", "--config", config])
  const ended = once(child, "exit").then(() => {
    throw new Error(`it did not start: ${said().out}${said().err}`)
  })
  const started = (async () => {
    for (;;) {
      const [, port] = /"listening":"http:\/\/[^:]+:(\d+)"/.exec(said().out) ?? []
      if (port !== undefined) return { child, port: Number(port) }
      await once(child.stdout!, "data")
    }
  })()
  ended.catch(() => undefined)
  return Promise.race([started, ended])
}

const command = async (args: ReadonlyArray<string>) => {
  const { child, said } = run([...args, "--config", config, "--json"])
  const [code] = await once(child, "close")
  return { code: code as number, ...said() }
}

const ask = (port: number, path: string, headers: Record<string, string> = {}) =>
  new Promise<{ readonly status: number; readonly receipt: string | undefined; readonly body: string }>(
    (resolve, reject) => {
      request(
        { host: "127.0.0.1", port, path, method: path.startsWith("/health") ? "GET" : "POST", agent: false, headers },
        (response) => {
          let body = ""
          response.setEncoding("utf8").on("data", (text) => (body += text))
          response.on("error", reject).on("end", () =>
            resolve({
              status: response.statusCode ?? 0,
              receipt: response.headers["payment-receipt"] as string | undefined,
              body
            })
          )
        }
      )
        .on("error", reject)
        .end()
    }
  )

/** A balancer: calls go in turn to those that said that they are ready when they were last asked. */
const balancer = (machines: Set<Machine>) => {
  let ready: ReadonlyArray<Machine> = [...machines]
  let turn = 0
  const watching = { on: true }
  const watch = (async () => {
    while (watching.on) {
      const healthy = await Promise.all(
        [...machines].map(async (one) => {
          const { status } = await ask(one.port, "/health/ready").catch(() => ({ status: 0 }))
          return status === 200 ? [one] : []
        })
      )
      ready = healthy.flat()
      await later(50)
    }
  })()
  return {
    call: async (headers: Record<string, string>) => {
      for (;;) {
        const chosen = ready[turn++ % ready.length]!
        try {
          return await ask(chosen.port, "/api/proxy/report", headers)
        } catch (error) {
          // Nothing was sent, so every balancer turns to the next.
          if ((error as NodeJS.ErrnoException).code !== "ECONNREFUSED") throw error
          ready = ready.filter((one) => one !== chosen)
        }
      }
    },
    end: () => {
      watching.on = false
      return watch
    }
  }
}

const token = (max_total_amount: string) =>
  world.runPromise(
    AlipaySandbox.use((sandbox) =>
      Effect.map(sandbox.issue({ max_total_amount }), ({ token }) => Redacted.value(token))
    )
  )

let machines: Array<Machine>
beforeAll(async () => {
  tool.listen(0, "127.0.0.1")
  await once(tool, "listening")
  const address = tool.address()
  writeFileSync(
    config,
    JSON.stringify({
      listen: { port: 0 },
      drain: { notice: "600 millis", calls: "5 seconds" },
      developers: [{ id: "acme", name: "ACME", payout: { rail: "stripe", account }, currencies: ["CNY"] }],
      takeRate: { freeOperations: 0, tiers: [{ rate: "0.1" }] },
      tools: [
        {
          slug: "report",
          developer: "acme",
          upstream: {
            url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
            allowPrivate: true
          },
          price: { CNY: "1.00" }
        }
      ]
    })
  )
  environment = await world.runPromise(
    Effect.gen(function* () {
      const { config } = yield* AlipaySandbox
      const stripe = yield* StripeSandbox
      yield* stripe.open(account)
      yield* stripe.fund("CNY", 1_000_000n)
      return {
        PATH: process.env["PATH"] ?? "",
        NODE_COMPILE_CACHE: join(tmpdir(), "paylayer-compiled"),
        PAYLAYER_LEDGER: (yield* Database).url,
        ALIPAY_APP_ID: config.app_id,
        ALIPAY_PRIVATE_KEY: Redacted.value(config.application_private_key),
        ALIPAY_PUBLIC_KEY: config.alipay_public_key,
        ALIPAY_SELLER_ID: config.seller_id,
        ALIPAY_GATEWAY: (yield* SandboxServer).gateway,
        ALIPAY_AGENT_TOKEN_ISSUER: config.issuer,
        ALIPAY_AGENT_TOKEN_JWKS: JSON.stringify(config.jwks),
        STRIPE_SECRET_KEY: Redacted.value(stripe.secretKey),
        STRIPE_API: (yield* StripeSandboxServer).url
      }
    })
  )
  machines = await Promise.all([machine(), machine(), machine()])
}, 60_000)
afterAll(async () => {
  for (const child of living) if (child.exitCode === null) child.kill("SIGKILL")
  tool.close()
  await world.dispose()
  rmSync(folder, { recursive: true, force: true })
})

describe("three gateways on one database", () => {
  it("spend a budget to the last fen together, and no more", async () => {
    const { call, end } = balancer(new Set(machines))
    const headers = { "x-alipay-agent-token": await token("20.00") }
    const answers = await Promise.all(Array.from({ length: 30 }, () => call(headers)))
    await end()
    const codes = answers.map(({ status }) => status)
    assert.deepEqual(
      [codes.filter((code) => code === 200).length, codes.filter((code) => code === 402).length],
      [20, 10]
    )
  }, 60_000)

  it("are replaced one after another under load, and no paid call fails", async () => {
    const set = new Set(machines)
    const { call, end } = balancer(set)
    const headers = { "x-alipay-agent-token": await token("10000.00") }
    const restarting = { on: true }
    const answers: Array<number> = []
    const caller = async () => {
      while (restarting.on) {
        const { receipt, status } = await call(headers)
        answers.push(status === 200 && receipt !== undefined ? 200 : status)
      }
    }
    const callers = Promise.all([caller(), caller(), caller()])
    const fresh = await Promise.all(machines.map(() => machine()))
    for (const [index, old] of machines.entries()) {
      set.add(fresh[index]!)
      old.child.kill("SIGTERM")
      await once(old.child, "exit")
      set.delete(old)
    }
    restarting.on = false
    await callers
    await end()
    assert.isAtLeast(answers.length, 30)
    assert.deepEqual(
      answers.filter((status) => status !== 200),
      []
    )
  }, 90_000)

  it("pay a developer once, whoever is asked to at the same moment", async () => {
    const settled = await world.runPromise(AlipaySandbox.use(({ movements }) => movements))
    const taken = BigInt(settled.length) * 100n
    // The books follow the ledger within a second or two.
    let owed = ""
    for (let tries = 0; tries < 20 && owed !== String((taken * 9n) / 10n); tries++) {
      const told = await command(["payouts", "owed", "acme"])
      owed = (JSON.parse(told.out) as { readonly owed: ReadonlyArray<{ readonly minor: string }> }).owed[0]?.minor ?? ""
    }
    const made = await Promise.all([1, 2].map(() => command(["payouts", "create", "acme", "CNY"])))
    assert.isTrue(made.some(({ code }) => code === 0))
    for (const { code, err } of made) assert.include([0, 2], code, err)
    const transfers = await world.runPromise(StripeSandbox.use(({ transfers }) => transfers))
    assert.deepEqual(
      transfers.map(({ amount }) => amount),
      [(taken * 9n) / 10n]
    )
    const again = await command(["payouts", "owed", "acme"])
    assert.deepEqual(JSON.parse(again.out), { developer: "acme", owed: [] })
  }, 60_000)
})
