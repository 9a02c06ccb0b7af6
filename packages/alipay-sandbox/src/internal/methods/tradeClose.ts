/**
 * `alipay.trade.close`: ends an order that is unpaid. A closed order is never paid afterwards.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Biz from "../biz.ts"
import { type Answer, refuse } from "../failure.ts"
import * as Trade from "../trade.ts"

export const tradeClose = Biz.method(Schema.Struct(Biz.TradeNumbers), (numbers, { books }) =>
  Result.flatMap(Biz.trade(books, numbers), close)
)

const close = (trade: Trade.Trade): Answer => {
  if (Trade.status(trade) !== "WAIT_BUYER_PAY") {
    return refuse("ACQ.TRADE_STATUS_ERROR", `the trade is ${Trade.status(trade)}`)
  }
  trade.closed = true
  return Result.succeed({ out_trade_no: trade.outTradeNo, trade_no: trade.tradeNo })
}
