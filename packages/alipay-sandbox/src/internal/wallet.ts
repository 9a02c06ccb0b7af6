/**
 * The wallet over the platform's books.
 */
import * as PaymentNeeded from "@paylayer/alipay/PaymentNeeded"
import * as PaymentProof from "@paylayer/alipay/PaymentProof"
import { type Engine, SignatureEngine } from "@paylayer/alipay/SignatureEngine"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Wallet from "../Wallet.ts"
import * as Books from "./books.ts"
import type { Platform } from "./exchange.ts"
import * as Metered from "./metered.ts"

const refuse = (code: Wallet.PaymentRefused["code"], message: string) =>
  Effect.fail(new Wallet.PaymentRefused({ code, message }))

const view = (trade: Metered.Metered): Wallet.Payment => ({
  trade_no: trade.tradeNo,
  out_trade_no: trade.outTradeNo,
  resource_id: trade.resourceId,
  seller_id: trade.sellerId,
  payer: trade.payer,
  amount: trade.amount,
  proof: Redacted.make(
    PaymentProof.toHeader({
      payment_proof: Redacted.make(trade.paymentProof),
      trade_no: trade.tradeNo,
      client_session: trade.clientSession
    })
  ),
  active: !trade.closed,
  confirmed: trade.confirmedAt !== undefined
})

type Platformed = Pick<Platform, "appId" | "books" | "keys" | "numbers">

export const make = ({ appId, books, keys, numbers }: Platformed, engine: Engine): Wallet.Wallet => {
  /** The bill, if a wallet would trust it. */
  const trusted = Effect.fnUntraced(function* (header: string) {
    const bill = yield* Result.match(PaymentNeeded.fromHeader(header), {
      onSuccess: Effect.succeed,
      onFailure: (why) => refuse("BILL_UNREADABLE", `the bill cannot be read: ${why}`)
    })
    const { method, protocol } = bill
    if (method.seller_app_id !== appId || protocol.seller_unique_id !== method.seller_id) {
      return yield* refuse("SELLER_MISMATCH", "the bill names an application or a seller that are not one another's")
    }
    const signed = PaymentNeeded.isSigned(keys.applicationPublic, bill)
    if (!(yield* Effect.provideService(signed, SignatureEngine, engine))) {
      return yield* refuse("BILL_SIGNATURE_INVALID", "the seller has not signed this bill")
    }
    return method.service_id === Wallet.anyService
      ? bill
      : yield* refuse("SERVICE_NOT_EXIST", `the sandbox sells ${Wallet.anyService}, and nothing else`)
  })

  return {
    pay: Effect.fn("Wallet.pay")(function* (header, { payer = "2088000000000001" } = {}) {
      const bill = yield* trusted(header)
      const now = yield* Clock.currentTimeMillis
      // From here to the end nobody comes between: an order is paid once.
      const paid = Books.metered(books, { out_trade_no: bill.protocol.out_trade_no })
      if (paid !== undefined) {
        return Metered.isOf(paid, bill, payer)
          ? view(paid)
          : yield* refuse("TRADE_HAS_SUCCESS", "somebody has paid an order of this number")
      }
      if (PaymentNeeded.money(bill).minor === 0n) return yield* refuse("BILL_UNREADABLE", "the bill asks for nothing")
      if (now >= PaymentNeeded.endsAt(bill)) return yield* refuse("BILL_EXPIRED", "the bill was to be paid before now")
      return view(Books.pay(books, Metered.make(bill, payer, numbers, now)))
    }),
    payments: Effect.sync(() => [...books.metered.values()].map(view)),
    close: (tradeNo) =>
      Effect.suspend(() => {
        const trade = books.metered.get(tradeNo)
        if (trade === undefined) return Effect.fail(new Wallet.PaymentNotFound({ trade_no: tradeNo }))
        trade.closed = true
        return Effect.succeed(view(trade))
      })
  }
}
