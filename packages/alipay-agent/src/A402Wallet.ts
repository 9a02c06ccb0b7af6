/**
 * A wallet that pays Alipay's bills (A402): reads `Payment-Needed`, has it paid, sends `Payment-Proof`.
 *
 * Money moves before the merchant serves. A bill that was paid is never paid again: its proof is sent until the merchant has
 * answered. Works with every seller that speaks Alipay's product, also one that answers no problem document.
 *
 * @example
 * Payer.layer([A402Wallet], { perCall: [Money.of("CNY", 1_00n)] }).pipe(Layer.provide(A402Wallet.layer))
 */
import { type Offer, type Unpaid, type Wallet, WalletError } from "@paylayer/agent/Wallet"
import * as PaymentNeeded from "@paylayer/alipay/PaymentNeeded"
import * as PaymentProof from "@paylayer/alipay/PaymentProof"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { BillPayer } from "./BillPayer.ts"

const protocol = "alipay-a402"

const Details = Schema.Struct({ bill: Schema.String })
const decode = Schema.decodeUnknownResult(Details)

/** Where the header did not fit, or the transport has none, the problem document has it. */
const billOf = ({ headers, problem }: Unpaid): string | undefined =>
  headers[PaymentNeeded.header] ??
  problem?.accepts.find((accept) => accept.protocol === protocol)?.headers?.[PaymentNeeded.header]

const offers = (unpaid: Unpaid): ReadonlyArray<Offer> => {
  const bill = billOf(unpaid)
  const read = bill === undefined ? undefined : Result.getOrUndefined(PaymentNeeded.fromHeader(bill))
  return bill === undefined || read === undefined
    ? []
    : [{ money: PaymentNeeded.money(read), merchant: read.method.seller_id, details: { bill } }]
}

const unpaid = (message: string) => new WalletError({ message, moved: "no" })

const make = Effect.map(BillPayer, (payer): Wallet => ({
  protocol,
  flow: "prepaid-then-confirm",
  offers,
  present: Effect.fnUntraced(function* ({ details }) {
    const bill = yield* Effect.mapError(Effect.fromResult(decode(details)), () => unpaid("the bill was not kept"))
    const proof = yield* Effect.mapError(
      payer.pay(bill.bill),
      (error) => new WalletError({ message: error.message, moved: error.moved })
    )
    return { [PaymentProof.header]: proof }
  })
}))

export class A402Wallet extends Context.Service<A402Wallet, Wallet>()("@paylayer/alipay-agent/A402Wallet") {
  static readonly layer: Layer.Layer<A402Wallet, never, BillPayer> = Layer.effect(A402Wallet, make)
}
