/**
 * Giving back with Alipay. The refund's id is Alipay's `out_request_no`, so everything here may be repeated: a number goes back once.
 *
 * `moved: "no"` is only said when Alipay refused under its signature, or was not reached, and knows of no refund of this number.
 */
import * as Money from "@paylayer/core/Money"
import * as PaymentError from "@paylayer/core/PaymentError"
import type { Receipt } from "@paylayer/core/Receipt"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { OpenPlatform } from "../OpenPlatform.ts"
import * as Trade from "../Trade.ts"
import * as Errors from "./trustErrors.ts"

export const make = (platform: OpenPlatform["Service"]) => {
  const call = Effect.provideService(OpenPlatform, platform)

  /** A refund has no number of its own at Alipay: it carries that of its payment. */
  const receipt = (
    { chargeId, merchant, protocol, reference, resource }: Receipt,
    money: Money.Money,
    atMillis: number
  ) => ({
    chargeId,
    protocol,
    merchant,
    resource,
    money,
    reference,
    settledAt: DateTime.makeUnsafe(atMillis)
  })

  const timeOf = (told: { readonly gmt_refund_pay?: DateTime.Utc }) =>
    Effect.map(Clock.currentTimeMillis, (now) => told.gmt_refund_pay?.epochMilliseconds ?? now)

  return Effect.fnUntraced(function* (
    paid: Receipt,
    amount: Money.Money,
    refundId: string,
    reason?: string
  ): Effect.fn.Return<Receipt, PaymentError.PaymentError> {
    const number = { out_trade_no: paid.chargeId, out_request_no: refundId }

    /** The receipt of a refund that Alipay knows as made; nothing where it knows of none. */
    const known = Effect.fnUntraced(function* (detail: string) {
      const found = yield* Effect.result(call(Trade.refundQuery(number, paid.money.currency)))
      if (found._tag === "Failure") {
        yield* Errors.tell(found.failure)
        return yield* Errors.unsure(detail)
      }
      const { refund_amount, refund_status } = found.success
      if (refund_status === undefined) return undefined
      const isMade = refund_status === "REFUND_SUCCESS" && refund_amount !== undefined
      if (isMade && Money.equals(refund_amount, amount)) return receipt(paid, amount, yield* timeOf(found.success))
      return yield* Errors.unsure(`Alipay has another refund under the number ${refundId}`)
    })

    // Alipay takes a refund without a currency for one in the trade's, and tells none of one that was made.
    if (amount.currency !== paid.money.currency) {
      const detail = `the charge was paid in ${paid.money.currency}`
      yield* known(detail)
      return yield* PaymentError.fail(new PaymentError.CurrencyNotAllowed({ detail }))
    }
    const asked = yield* Effect.result(
      call(Trade.refund({ ...number, amount, ...(reason !== undefined && { refund_reason: reason }) }))
    )
    if (asked._tag === "Success") {
      if (asked.success.fund_change === "Y") return receipt(paid, amount, yield* timeOf(asked.success))
      const detail = "Alipay has taken the refund, and does not say that it is made"
      return (yield* known(detail)) ?? (yield* Errors.unsure(detail))
    }
    const error = asked.failure
    // A number that was used before is told as unknown; the query says for what.
    if (error.outcome === "unknown" && error.reason._tag !== "BusinessFailure")
      return yield* Errors.failing(error, "unknown")
    yield* Errors.tell(error)
    const refusal = Errors.toPayment(error, "no")
    return (yield* known(refusal.reason.detail)) ?? (yield* refusal)
  })
}
