/** A shop with a paywall: one thing for sale, bought with an agent token. */
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import type * as Money from "@paylayer/core/Money"
import { Paywall } from "@paylayer/core/Paywall"
import * as Price from "@paylayer/core/Price"
import * as RequestHeaders from "@paylayer/core/RequestHeaders"
import type { Receipt } from "@paylayer/core/Receipt"
import type { Sale } from "@paylayer/core/Sale"
import { AlipayTrust } from "@paylayer/alipay/AlipayTrust"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

export interface Order {
  readonly amount?: string
  readonly price?: Price.Price
  readonly session?: string
  readonly key?: string
  readonly merchant?: string
  readonly category?: string
  /** The amount is the most; so much of it is taken. */
  readonly take?: Money.Money
}

const saleOf = (token: Redacted.Redacted<string> | string, order: Order): Sale<string> => ({
  request: {
    headers: RequestHeaders.fromEntries([
      ["x-alipay-agent-token", typeof token === "string" ? token : Redacted.value(token)],
      ...(order.session === undefined ? [] : [["x-alipay-session-id", order.session] as const]),
      ...(order.key === undefined ? [] : [["idempotency-key", order.key] as const])
    ]),
    method: "POST",
    resource: "/api/proxy/market-research",
    bodyDigest: "body"
  },
  price: order.price ?? Price.make({ CNY: order.amount ?? "15.00" }),
  category: order.category ?? "5734",
  ...(order.merchant !== undefined && { merchant: order.merchant }),
  ...(order.take !== undefined && { upTo: true, capture: () => Effect.succeed({ money: order.take! }) }),
  keep: { encode: (value) => value, decode: String }
})

export interface Bought {
  readonly code: string
  readonly moved: "no" | "unknown" | "yes"
  readonly detail: string
  readonly receipt: Receipt | undefined
  readonly retryAfter: number | undefined
}

/** Buys once, with the paywall in scope. */
export const buy = (
  token: Redacted.Redacted<string> | string,
  order: Order = {}
): Effect.Effect<Bought, never, Paywall> =>
  Paywall.use((paywall) =>
    Effect.match(
      paywall.sell(saleOf(token, order), () => Effect.succeed("the report")),
      {
        onFailure: ({ error }) => ({
          code: error.code,
          moved: error.moved,
          detail: error.reason.detail,
          receipt: undefined,
          retryAfter: error.retryAfter
        }),
        onSuccess: ({ receipt }) => ({ code: "ok", moved: "yes" as const, detail: "", receipt, retryAfter: undefined })
      }
    )
  )

/** Buys once; `ok`, or the code of the refusal. */
export const call = (token: Redacted.Redacted<string> | string, order?: Order) =>
  Effect.map(buy(token, order), ({ code }) => code)

/** A shop of its own, with its own ledger, over the plug-in in scope. */
export const shop = Paywall.layer([AlipayTrust]).pipe(Layer.provideMerge(LedgerMemory.layerSilent))
