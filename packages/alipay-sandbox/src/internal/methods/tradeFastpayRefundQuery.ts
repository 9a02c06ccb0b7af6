/**
 * `alipay.trade.fastpay.refund.query`: whether a refund was made. One that was not is answered without `refund_status`.
 */
import * as BeijingTime from "@paylayer/alipay/BeijingTime"
import * as Money from "@paylayer/core/Money"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Biz from "../biz.ts"
import type { Trade } from "../trade.ts"

const Query = Schema.Struct({ ...Biz.TradeNumbers, out_request_no: Biz.Text })

export const tradeFastpayRefundQuery = Biz.method(Query, (query, { books }) =>
  Result.map(Biz.trade(books, query), (trade) => describe(trade, query.out_request_no))
)

const describe = (trade: Trade, number: string): Record<string, unknown> => {
  const refund = trade.refunds.get(number)
  const numbers = { out_trade_no: trade.outTradeNo, trade_no: trade.tradeNo, out_request_no: number }
  if (refund === undefined) return numbers
  return {
    ...numbers,
    total_amount: Money.decimalString(trade.amount),
    refund_amount: Money.decimalString(refund.amount),
    refund_status: "REFUND_SUCCESS",
    gmt_refund_pay: BeijingTime.format(refund.at)
  }
}
