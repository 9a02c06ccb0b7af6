/** A merchant and two wallets that do as they are told, over one ledger in memory that outlives a payer. */
import * as Ledger from "@paylayer/core/Ledger"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import * as Money from "@paylayer/core/Money"
import type { Receipt } from "@paylayer/core/Receipt"
import type { Problem } from "@paylayer/http/Problem"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { Answer, Call } from "../src/Call.ts"
import * as Offers from "../src/Offers.ts"
import { type Options, Payer } from "../src/Payer.ts"
import { type Offer, type Wallet, WalletError } from "../src/Wallet.ts"

export const origin = "https://merchant.example"

export const receiptFor = (money: Money.Money): Receipt => ({
  chargeId: "ch_at_the_merchant",
  protocol: "coin",
  merchant: "2088",
  resource: "/report",
  money,
  reference: "tx-1",
  settledAt: DateTime.makeUnsafe(0)
})

export const problem = (status: number, code: string, more: Partial<Problem> = {}): Problem => ({
  type: `urn:paylayer:problem:${code}`,
  title: code,
  status,
  detail: code,
  code,
  hint: "",
  retry: "never",
  moved: "no",
  accepts: [],
  ...more
})

/** A merchant that wants money, and then says what `answers` holds, the last of them again and again. */
export class Merchant {
  price: Money.Money = Money.of("CNY", 110n)
  protocols = ["coin"]
  /** What it answers to a request that pays; `hang` and `cut` give no answer. */
  answers: Array<Partial<Answer<string>> | "hang" | "cut"> = []
  readonly received: Array<Readonly<Record<string, string>>> = []

  get paid() {
    return this.received.filter((headers) => "x-coin" in headers || "x-slip" in headers)
  }

  readonly unpaid = (): Answer<string> => {
    const accepts = this.protocols.map((protocol) => ({
      protocol,
      flow: "authorize-then-settle" as const,
      identity_type: "coin",
      payment_type: "coin",
      amount: Money.decimalString(this.price),
      currency: this.price.currency,
      merchant: "2088",
      details: { bill: "bill-1" }
    }))
    const asked = problem(402, "payment_required", { accepts })
    return { value: "pay first", outcome: "caller", problem: asked, unpaid: { headers: {}, problem: asked } }
  }

  readonly send = (headers: Readonly<Record<string, string>>): Effect.Effect<Answer<string>, string> =>
    Effect.suspend(() => {
      this.received.push(headers)
      if (!("x-coin" in headers) && !("x-slip" in headers)) return Effect.succeed(this.unpaid())
      const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0]
      if (answer === "hang") return Effect.never
      if (answer === "cut") return Effect.fail("the connection was cut")
      return Effect.succeed({ value: "the report", outcome: "served", receipt: receiptFor(this.price), ...answer })
    })

  readonly call = (more: Partial<Call<string, string, never>> = {}): Call<string, string, never> => ({
    merchant: origin,
    method: "POST",
    resource: "/report",
    bodyDigest: "tea",
    send: this.send,
    ...more
  })
}

/** A wallet that counts what it paid; one bill is paid once. */
export class Purse {
  readonly presented: Array<Offer> = []
  readonly bills = new Set<string>()
  refuses: WalletError | undefined
  readonly wallet: Wallet
  constructor(protocol: "coin" | "slip") {
    this.wallet = {
      protocol,
      flow: protocol === "coin" ? "authorize-then-settle" : "prepaid-then-confirm",
      offers: Offers.listed(protocol),
      present: (offer) =>
        Effect.suspend(() => {
          if (this.refuses !== undefined) return Effect.fail(this.refuses)
          this.presented.push(offer)
          this.bills.add(JSON.stringify(offer.details))
          return Effect.succeed({ [`x-${protocol}`]: Redacted.make("secret-coin") })
        })
    }
  }
}

export const refused = new WalletError({ message: "the purse is empty", moved: "no" })

/** A payer over these purses and a store: another one is what the same agent is after a restart. */
export const payer = (store: LedgerMemory.Store, purses: ReadonlyArray<Purse>, options: Partial<Options> = {}) =>
  Payer.layer(
    purses.map(({ wallet }) => Effect.succeed(wallet)),
    { perCall: [Money.of("CNY", 500n)], ...options }
  ).pipe(Layer.provideMerge(Layer.effect(Ledger.Ledger, LedgerMemory.host(store))))
