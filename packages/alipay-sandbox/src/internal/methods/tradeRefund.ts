/**
 * `alipay.trade.refund`: gives back a part of a paid order, or all of it. The same `out_request_no` gives it back once.
 */
import * as BeijingTime from "@paylayer/alipay/BeijingTime"
import * as Money from "@paylayer/core/Money"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Biz from "../biz.ts"
import * as Books from "../books.ts"
import { refuse } from "../failure.ts"
import * as Trade from "../trade.ts"

const Request = Schema.Struct({
  ...Biz.TradeNumbers,
  refund_amount: Biz.Amount,
  refund_currency: Schema.optionalKey(Schema.String),
  /** Needed unless all of the order is given back at once. */
  out_request_no: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^\S{1,64}$/)))
})

export const tradeRefund = Biz.method(Request, (request, { books, now }) =>
  Result.gen(function* () {
    const trade = yield* Biz.trade(books, request)
    if (trade.payment === undefined) {
      return yield* refuse("ACQ.TRADE_STATUS_ERROR", `the trade is ${Trade.status(trade)}`)
    }
    if (request.refund_currency !== undefined && request.refund_currency !== trade.amount.currency) {
      return yield* refuse("ACQ.AMOUNT_OR_CURRENCY_ERROR", `the trade is in ${trade.amount.currency}`)
    }
    const amount = yield* Biz.amount("refund_amount", trade.amount.currency, request.refund_amount)
    const number = request.out_request_no ?? trade.outTradeNo
    if (request.out_request_no === undefined && !Money.equals(amount, trade.amount)) {
      return yield* Result.fail(Biz.invalid("a partial refund needs an out_request_no"))
    }
    const before = trade.refunds.get(number)
    if (before === undefined) {
      if (amount.minor > Trade.refundable(trade).minor) {
        const left = Money.print(Trade.refundable(trade))
        return yield* refuse("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", `${left} of the trade can still be refunded`)
      }
      Books.refund(books, trade, trade.payment.delegation, number, { amount, at: now })
    } else if (!Money.equals(before.amount, amount)) {
      return yield* refuse("ACQ.DISCORDANT_REPEAT_REQUEST", "this out_request_no was used for another amount")
    }
    return {
      out_trade_no: trade.outTradeNo,
      trade_no: trade.tradeNo,
      fund_change: before === undefined ? "Y" : "N",
      refund_fee: Money.decimalString(Money.of(trade.amount.currency, trade.refunded)),
      send_back_fee: Money.decimalString(amount),
      gmt_refund_pay: BeijingTime.format(before?.at ?? now)
    }
  })
)
