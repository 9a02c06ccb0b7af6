/** A shop that takes metered payments, agents with wallets, and the platform between them: in process, on one test clock. */
import { A402Config } from "@paylayer/alipay/A402Config"
import { AlipayA402 } from "@paylayer/alipay/AlipayA402"
import { OpenPlatform } from "@paylayer/alipay/OpenPlatform"
import { onThisThread, SignatureEngine } from "@paylayer/alipay/SignatureEngine"
import * as CanonicalBody from "@paylayer/core/CanonicalBody"
import * as Ledger from "@paylayer/core/Ledger"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import { Paywall } from "@paylayer/core/Paywall"
import * as Price from "@paylayer/core/Price"
import type { Receipt } from "@paylayer/core/Receipt"
import * as RequestHeaders from "@paylayer/core/RequestHeaders"
import type { Sale } from "@paylayer/core/Sale"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { AlipaySandbox } from "../../src/AlipaySandbox.ts"
import * as SandboxConfig from "../../src/SandboxConfig.ts"
import * as SandboxHttpClient from "../../src/SandboxHttpClient.ts"

export const noon = DateTime.makeUnsafe("2026-11-22T12:00:00Z").epochMilliseconds

const settings = Layer.mergeAll(SandboxConfig.layer, SandboxConfig.layerA402)
const platform = SandboxHttpClient.layer.pipe(Layer.provideMerge(AlipaySandbox.layer))

const world = OpenPlatform.layer.pipe(
  Layer.provideMerge(settings),
  Layer.provideMerge(platform),
  Layer.provideMerge(Layer.effectDiscard(TestClock.setTime(noon))),
  Layer.provideMerge(Layer.succeed(SignatureEngine, onThisThread))
)

/** Runs in a world of its own, at noon. */
export const inWorld = <A, E>(effect: Effect.Effect<A, E, Layer.Success<typeof world> | Scope.Scope>) =>
  Effect.provide(Effect.scoped(effect), world)

export interface Asked {
  readonly method?: string
  readonly resource?: string
  readonly body?: string
  readonly price?: Price.Price
  readonly key?: string
  readonly merchant?: string
  readonly proof?: string
  readonly description?: string
}

/** What an agent is answered. */
export interface Answer {
  readonly status: number
  readonly code: string
  readonly moved: "no" | "unknown" | "yes"
  readonly retryAfter: number | undefined
  /** The bill that is offered. */
  readonly bill: string | undefined
  readonly value: string | undefined
  readonly receipt: Receipt | undefined
  readonly replayed: boolean
}

const price = Price.make({ CNY: "1.10" })

const saleOf = ({ proof, key, body = "{}", ...asked }: Asked): Sale<string> => ({
  request: {
    headers: RequestHeaders.fromRecord({
      ...(proof !== undefined && { "Payment-Proof": proof }),
      ...(key !== undefined && { "Idempotency-Key": key })
    }),
    method: asked.method ?? "POST",
    resource: asked.resource ?? "/a",
    bodyDigest: CanonicalBody.digest("application/json", new TextEncoder().encode(body))
  },
  price: asked.price ?? price,
  ...(asked.merchant !== undefined && { merchant: asked.merchant }),
  ...(asked.description !== undefined && { description: asked.description }),
  keep: { encode: (value) => value, decode: String }
})

/** One process of the shop at a ledger that others may share. */
export const open = Effect.fnUntraced(function* (
  options: {
    readonly store?: LedgerMemory.Store
    readonly a402?: Partial<A402Config["Service"]>
    /** Comes between the paywall and its ledger. */
    readonly ledger?: (ledger: Ledger.Ledger["Service"]) => Ledger.Ledger["Service"]
  } = {}
) {
  const store = options.store ?? (yield* LedgerMemory.store)
  const host = yield* LedgerMemory.host(store)
  const own = yield* A402Config
  const protocol = AlipayA402.layer.pipe(Layer.provide(Layer.succeed(A402Config, { ...own, ...options.a402 })))
  const layer = Paywall.layer([AlipayA402]).pipe(
    Layer.provide(protocol),
    Layer.provide(Layer.succeed(Ledger.Ledger, options.ledger?.(host) ?? host))
  )
  const paywall = Context.get(yield* Layer.build(Layer.fresh(layer)), Paywall)
  const state = { runs: 0 }
  const ask = (asked: Asked = {}): Effect.Effect<Answer> =>
    paywall
      .sell(saleOf(asked), () => Effect.sync(() => `report ${(state.runs += 1)}`))
      .pipe(
        Effect.match({
          onFailure: ({ error, offers, receipt }) => ({
            status: error.status,
            code: error.code,
            moved: error.moved,
            retryAfter: error.retryAfter,
            bill: offers[0]?.headers["payment-needed"],
            value: undefined,
            receipt,
            replayed: false
          }),
          onSuccess: ({ receipt, replayed, value }) => ({
            status: 200,
            code: "ok",
            moved: "yes" as const,
            retryAfter: undefined,
            bill: undefined,
            value,
            receipt,
            replayed
          })
        })
      )
  /** Asks, pays the bill with the wallet, and gives the proof. */
  const buy = Effect.fnUntraced(function* (asked: Asked = {}, payer?: string) {
    const { bill } = yield* ask(asked)
    const { wallet } = yield* AlipaySandbox
    const payment = yield* Effect.orDie(wallet.pay(bill ?? "", payer === undefined ? {} : { payer }))
    return { trade: payment.trade_no, proof: Redacted.value(payment.proof) }
  })
  return { ask, buy, paywall, state, store, ledger: host }
})

/** The trades that are paid, and whether they are confirmed. */
export const trades = AlipaySandbox.use(({ wallet }) =>
  Effect.map(wallet.payments, (all) => all.map(({ confirmed, trade_no }) => ({ trade: trade_no, confirmed })))
)
