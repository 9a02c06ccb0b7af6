// A dashboard of the tests: real ledger, tables, usage, book and paywall on SQLite, paid by vouchers, in this process.
import { Ledger, type Opening, type Step } from "@paylayer/core/Ledger"
import * as Money from "@paylayer/core/Money"
import { Paywall } from "@paylayer/core/Paywall"
import * as RequestHeaders from "@paylayer/core/RequestHeaders"
import * as SpendingLimit from "@paylayer/core/SpendingLimit"
import * as SqliteLedger from "@paylayer/ledger-sqlite/SqliteLedger"
import * as Clock from "effect/Clock"
import * as ByteSize from "effect/ByteSize"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { canary } from "../../../core/test/canary.ts"
import * as Voucher from "../../../core/test/protocols/Voucher.ts"
import * as Accrual from "../../src/Accrual.ts"
import * as Book from "../../src/Book.ts"
import * as Bookkeeper from "../../src/Bookkeeper.ts"
import * as Dashboard from "../../src/Dashboard.ts"
import type { Developer } from "../../src/Developer.ts"
import * as DeveloperStatement from "../../src/DeveloperStatement.ts"
import * as GatewayStore from "../../src/GatewayStore.ts"
import { Payouts } from "../../src/Payouts.ts"
import type { Tool } from "../../src/Tool.ts"
import * as Usage from "../../src/Usage.ts"
import { account, platform, rail } from "../payouts/stripeWorld.ts"
import { file, sqlite } from "../stores.ts"

/** The operator's token. It must not be seen on any page. */
export const token = `${canary}-operator-token-0123456789`

export const zone = DateTime.zoneMakeNamedUnsafe("Asia/Shanghai")

const tool = (slug: string, more: Partial<Tool> = {}): Tool => ({
  slug,
  developer: "acme",
  upstream: {
    url: new URL(`https://${slug}.acme.example/v1/report`),
    kind: "http",
    timeout: {
      connect: Duration.seconds(5),
      firstByte: Duration.seconds(30),
      total: Duration.minutes(5)
    },
    maxRequest: ByteSize.mebibytes(1),
    maxResponse: ByteSize.mebibytes(16),
    concurrency: 64,
    allowPrivate: false,
    headers: { authorization: Redacted.make(`Bearer ${canary}`) }
  },
  methods: ["POST"],
  price: { _tag: "Fixed", price: [Money.of("CNY", 1_500n), Money.of("USD", 210n)] },
  limits: [],
  ...more
})

/** A title that would run, if it could. */
export const hostile = `<script>alert("${"x".repeat(3)}")</script><img src=x onerror=alert(1)>`

export const tools: ReadonlyArray<Tool> = [
  tool("market-research", {
    title: "Market research",
    description: "Reports on consumer electronics, by region and quarter.",
    category: "7375",
    limits: [{ per: ["agent", "tool"], amount: Money.of("CNY", 500_00n), window: "day", zone }]
  }),
  tool("translate", {
    title: "翻译",
    developer: "zhihui",
    price: {
      _tag: "PerUnit",
      unit: "token",
      perUnit: { CNY: 12_500n, USD: 1_800n },
      most: [Money.of("CNY", 200n), Money.of("USD", 30n)],
      measure: { _tag: "Header", name: "x-tokens" },
      rounding: "half-even"
    },
    protocols: ["voucher"]
  }),
  tool("images", {
    title: hostile,
    developer: "zhihui",
    upstream: {
      ...tool("images").upstream,
      url: new URL("http://127.0.0.1:9000/mcp"),
      kind: "mcp",
      allowPrivate: true
    },
    price: {
      _tag: "PerTool",
      tools: new Map([["draw", { _tag: "Fixed", price: [Money.of("CNY", 88n)] }]]),
      unlisted: "refused"
    }
  })
]

export const developers: ReadonlyArray<Developer> = [
  {
    id: "acme",
    name: "ACME Research",
    payout: { rail: "stripe", account },
    currencies: ["CNY", "USD"],
    threshold: { CNY: 10_000n, USD: 5_000n },
    schedule: { weekly: "monday" }
  },
  {
    id: "zhihui",
    name: "智慧科技",
    payout: { rail: "alipay", account: { type: "ALIPAY_USER_ID", account: "2088000000000009" } },
    currencies: ["CNY"],
    threshold: {},
    schedule: { monthly: 1 }
  }
]

const limits: ReadonlyArray<SpendingLimit.SpendingLimit> = [
  { per: "host", amount: Money.of("CNY", 500_000_00n), window: "month", zone },
  { per: "agent", amount: Money.of("CNY", 5_000_00n), window: "day", zone }
]

export const configuration: Dashboard.Configuration = {
  tools: new Map(tools.map((one) => [one.slug, one])),
  developers: new Map(developers.map((one) => [one.id, one])),
  limits
}

/** Payouts to a Stripe in process. */
const payouts = Layer.unwrap(
  Effect.map(rail, (stripe) => Payouts.layer({ developers: Effect.succeed(developers), rails: [stripe] }))
).pipe(Layer.provide(platform(100_000_000n)))

/** Everything but the dashboard, over a file of its own. */
export const services = Layer.unwrap(
  Effect.map(file, (filename) => {
    const ledger = SqliteLedger.layer({ filename })
    const store = GatewayStore.layer({ zone }).pipe(Layer.provideMerge(sqlite(filename)))
    const paywall = Paywall.layer([Voucher.Voucher], { limits: [...limits, ...tools.flatMap(({ limits }) => limits)] })
    const developerOf = (slug: string) => configuration.tools.get(slug)?.developer
    return Layer.effect(
      Bookkeeper.Bookkeeper,
      Bookkeeper.make({ developerOf, takeRate: () => ({ freeOperations: 100n, tiers: [{ rate: "0.05" }] }) })
    ).pipe(
      Layer.provideMerge(
        Layer.mergeAll(
          payouts.pipe(Layer.provideMerge(Book.layer)),
          Usage.layer,
          Accrual.layer,
          DeveloperStatement.layer,
          paywall
        )
      ),
      Layer.provideMerge(Voucher.Voucher.layer),
      Layer.provideMerge(Layer.sync(Voucher.VoucherBank, Voucher.makeBank)),
      Layer.provideMerge(Layer.mergeAll(ledger, store))
    )
  })
)

let sold = 0

/** Sells one call through the paywall, as a gateway does. */
export const sell = Effect.fnUntraced(function* (
  slug: string,
  minor: bigint,
  { agent = "agent-1", fails = false }: { readonly agent?: string; readonly fails?: boolean } = {}
) {
  const paywall = yield* Paywall
  return yield* paywall.sell(
    {
      request: {
        // With a key, so that its answer is kept.
        headers: RequestHeaders.fromRecord({ ...Voucher.mint({ agent }), "Idempotency-Key": `key-${(sold += 1)}` }),
        method: "POST",
        resource: `/api/proxy/${slug}`,
        bodyDigest: "digest"
      },
      price: [Money.of("CNY", minor)],
      tool: slug,
      merchant: "2088",
      description: "A report",
      capture: () => Effect.succeed({ usage: { agent, latencyMillis: 42 } }),
      keep: { encode: (value: string) => `${canary} ${value}`, decode: String }
    },
    () => (fails ? Effect.fail("the upstream broke") : Effect.succeed("report"))
  )
})

const day = 86_400_000

/** A number for each of many, the same every time. */
const scattered = (index: number, salt: number) => {
  const mixed = Math.imul(index ^ (salt * 0x9e3779b1), 0x85ebca6b) ^ (index << 7)
  return ((mixed ^ (mixed >>> 13)) >>> 0) / 2 ** 32
}

const agents = Array.from({ length: 12 }, (_, index) => `agent-${index + 1}`)

/** So many charges of the last 80 days, written straight into the ledger, and read by the bookkeeper. */
export const past = Effect.fnUntraced(function* (count: number, now: number) {
  const ledger = yield* Ledger
  const one = Effect.fnUntraced(function* (index: number) {
    const at = (salt: number) => scattered(index, salt)
    const slug = tools[Math.floor(at(1) ** 1.6 * 3)]!.slug
    const currency = at(2) < 0.72 ? ("CNY" as const) : ("USD" as const)
    const weekly = 1 - 0.35 * Math.sin(index / 40)
    const openedAt = DateTime.makeUnsafe(Math.floor(now - 1_000 - at(3) ** weekly * 80 * day))
    const id = `ch_${openedAt.epochMilliseconds.toString(16).padStart(12, "0")}${index.toString(16).padStart(20, "0")}`
    const money = Money.of(currency, BigInt(80 + Math.floor(at(4) * 2_900)))
    const opening: Opening = {
      charge: {
        id,
        money,
        merchant: "2088",
        method: "POST",
        resource: `/api/proxy/${slug}`,
        tool: slug,
        binding: "binding",
        openedAt,
        expiresAt: DateTime.add(openedAt, { minutes: 15 })
      },
      protocol: at(5) < 0.62 ? "alipay-trust" : at(5) < 0.85 ? "alipay-a402" : "x402",
      payer: agents[Math.floor(at(6) * agents.length)]!,
      key: `key-${index}`,
      request: "request",
      reservations: []
    }
    const usage = { agent: opening.payer, latencyMillis: Math.floor(40 + at(8) ** 3 * 4_000), units: 1 }
    const receipt = {
      chargeId: id,
      protocol: opening.protocol,
      merchant: "2088",
      resource: opening.charge.resource,
      money,
      reference: `20261128${index}`,
      settledAt: openedAt
    }
    const paid: ReadonlyArray<Step> = [
      { to: "authorized" },
      { to: "delivered", usage },
      { to: "settling" },
      { to: "settled", receipt }
    ]
    const ways: ReadonlyArray<Step> =
      at(7) < 0.9
        ? paid
        : at(7) < 0.95
          ? [{ to: "authorized" }, { to: "released", cause: "handler_failed", usage }]
          : [{ to: "declined", cause: "payment_declined", usage }]
    const write = Effect.andThen(ledger.open(opening), ledger.advance(id, ...(ways as [Step, ...Array<Step>])))
    const atMillis = openedAt.epochMilliseconds
    const clock = { ...(yield* Clock.Clock), currentTimeMillisUnsafe: () => atMillis }
    yield* Effect.provideService(write, Clock.Clock, clock)
  })
  yield* Effect.forEach(
    Array.from({ length: count }, (_, index) => index),
    one,
    { concurrency: 500, discard: true }
  )
})
