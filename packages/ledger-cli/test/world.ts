// A ledger on SQLite and a sandbox that disagree about 21 November 2025 and agree about the next day; the command line at both.
import * as NodeServices from "@effect/platform-node/NodeServices"
import { OpenPlatform } from "@paylayer/alipay/OpenPlatform"
import * as Trade from "@paylayer/alipay/Trade"
import { AlipaySandbox } from "@paylayer/alipay-sandbox/AlipaySandbox"
import * as SandboxConfig from "@paylayer/alipay-sandbox/SandboxConfig"
import { SandboxServer } from "@paylayer/alipay-sandbox/SandboxServer"
import type { Charge } from "@paylayer/core/Charge"
import * as Ledger from "@paylayer/core/Ledger"
import * as Money from "@paylayer/core/Money"
import * as Cli from "@paylayer/ledger-cli/Cli"
import * as SqliteLedger from "@paylayer/ledger-sqlite/SqliteLedger"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

export const secret = "canary-d41d8cd98f00b204"

export const idOf = (number: number): string => `ch_${String(number).padStart(32, "0")}`

export const first = "2025-11-21"
export const second = "2025-11-22"

const charge = (number: number, at: number, merchant: string): Charge => ({
  id: idOf(number),
  money: Money.of("CNY", 1_500n),
  merchant,
  method: "POST",
  resource: number % 2 === 0 ? "/report" : "/报告/市场?城市=上海",
  binding: "binding",
  description: `市场报告 \u202e${number}`,
  openedAt: DateTime.makeUnsafe(at),
  expiresAt: DateTime.makeUnsafe(at + 600_000)
})

/** What becomes of a charge in the ledger, and whether the provider has it. */
interface Story {
  readonly at: string
  readonly ends: "settled" | "unknown" | "declined" | "authorized"
  readonly minor?: bigint
  readonly isPaid: boolean
}

const stories: ReadonlyArray<Story> = [
  { at: `${first}T12:00:00+08:00`, ends: "settled", isPaid: true },
  { at: `${first}T13:00:00+08:00`, ends: "settled", minor: 1_400n, isPaid: true },
  { at: `${first}T14:00:00+08:00`, ends: "unknown", isPaid: true },
  { at: `${first}T15:00:00+08:00`, ends: "settled", isPaid: false },
  { at: `${first}T16:00:00+08:00`, ends: "declined", isPaid: false },
  { at: `${first}T17:00:00+08:00`, ends: "authorized", isPaid: false },
  { at: `${second}T12:00:00+08:00`, ends: "settled", isPaid: true }
]

const tell = Effect.fnUntraced(function* (number: number, { at, ends, isPaid, minor }: Story) {
  yield* TestClock.setTime(Date.parse(at))
  const ledger = yield* Ledger.Ledger
  const sandbox = yield* AlipaySandbox
  const seller = sandbox.config.seller_id
  const asked = charge(number, Date.parse(at), seller)
  const opening = { protocol: "alipay-trust", payer: "付款人", key: `${secret} key ${number}`, request: "r" }
  yield* ledger.open({ charge: asked, ...opening, reservations: [] })
  if (ends === "declined") return yield* ledger.advance(asked.id, { to: "declined", cause: "payment_declined" })
  yield* TestClock.adjust(250)
  yield* ledger.advance(asked.id, { to: "authorized", authorization: { token: secret } })
  if (ends === "authorized") return
  yield* ledger.advance(asked.id, { to: "delivered" }, { to: "settling" })
  let reference = `2025112122001${number}`
  if (isPaid) {
    const { agreement_no, delegation_id } = yield* sandbox.issue({ validity_end_time: "2025-12-31T00:00:00Z" })
    const { prepay_id } = yield* Trade.prepay({ out_trade_no: asked.id, total: asked.money, subject: "报告, 上海" })
    reference = (yield* Trade.delegationPay({ prepay_id, agreement_no, delegation_id })).trade_no
  }
  if (ends === "unknown") return yield* ledger.advance(asked.id, { to: "unknown", cause: "outcome_unknown" })
  yield* ledger.advance(asked.id, {
    to: "settled",
    answer: { body: secret },
    receipt: {
      chargeId: asked.id,
      protocol: "alipay-trust",
      merchant: seller,
      resource: asked.resource,
      money: Money.of("CNY", minor ?? 1_500n),
      reference,
      settledAt: yield* DateTime.now,
      headers: { "payment-validation": secret }
    }
  })
})

const sandboxed = OpenPlatform.layer.pipe(
  Layer.provide(SandboxConfig.layerServer),
  Layer.provide(FetchHttpClient.layer),
  Layer.provideMerge(SandboxServer.layer()),
  Layer.provideMerge(AlipaySandbox.layer),
  Layer.provideMerge(TestClock.layer())
)

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** A file, a sandbox that listens, and the command line at both. */
export const open = async () => {
  const directory = mkdtempSync(join(tmpdir(), "ledger-cli-"))
  const filename = join(directory, "账本 ledger.db")
  const runtime = ManagedRuntime.make(sandboxed)
  const env = await runtime.runPromise(
    Effect.gen(function* () {
      for (const [index, story] of stories.entries()) yield* tell(index + 1, story)
      yield* TestClock.setTime(Date.parse("2025-11-23T12:00:00+08:00"))
      const { config } = yield* AlipaySandbox
      const { gateway } = yield* SandboxServer
      return {
        ALIPAY_APP_ID: config.app_id,
        ALIPAY_PRIVATE_KEY: Redacted.value(config.application_private_key),
        ALIPAY_PUBLIC_KEY: config.alipay_public_key,
        ALIPAY_SELLER_ID: config.seller_id,
        ALIPAY_GATEWAY: gateway,
        PAYLAYER_LEDGER: `sqlite:${filename}`,
        NO_COLOR: "1"
      }
    }).pipe((told) =>
      // A lease that ends would be renewed all through the days that pass here.
      Effect.andThen(
        TestClock.setTime(Date.parse(stories[0]!.at)),
        Effect.provide(told, SqliteLedger.layer({ filename, lease: "365 days" }))
      )
    )
  )

  /** In this process, with its output caught. */
  const cli = (
    args: ReadonlyArray<string>,
    changed: Readonly<Record<string, string | undefined>> = {}
  ): Promise<Ran> => {
    const out: Array<string> = []
    const err: Array<string> = []
    const caught: Console.Console = {
      ...globalThis.console,
      log: (text: string) => void out.push(text ?? ""),
      error: (text: string) => void err.push(text)
    }
    const set = Object.entries({ ...env, ...changed }).filter((each): each is [string, string] => each[1] !== undefined)
    return Effect.runPromise(
      Cli.run(args).pipe(
        Effect.provideService(Console.Console, caught),
        Effect.provide(NodeServices.layer),
        Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env: Object.fromEntries(set) })),
        Effect.map((code) => ({ code, out: out.join("\n"), err: err.join("\n") }))
      )
    )
  }

  /** As a process. */
  const spawn = (args: ReadonlyArray<string>): Promise<Ran> =>
    new Promise((resolve) =>
      execFile(
        process.execPath,
        [join(import.meta.dirname, "../src/bin.ts"), ...args],
        { timeout: 30_000, env: { ...process.env, ...env, NODE_COMPILE_CACHE: join(tmpdir(), "paylayer-compiled") } },
        (error, out, err) =>
          resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, out, err })
      )
    )

  const close = async () => {
    await runtime.dispose()
    rmSync(directory, { recursive: true, force: true })
  }
  return { cli, spawn, close, filename, directory, sandbox: runtime }
}
