/**
 * `alipay.trade.close`: ends an order that is unpaid. A closed order is never paid afterwards.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Biz from "../biz.ts"
import * as Books from "../books.ts"
import { type Answer, refuse } from "../failure.ts"
import * as Trade from "../trade.ts"

export const tradeClose = Biz.method(Schema.Struct(Biz.TradeNumbers), (numbers, { books, now }) =>
  Result.flatMap(Biz.trade(books, numbers), (trade) => close(books, trade, now))
)

const close = (books: Books.Books, trade: Trade.Trade, now: number): Answer => {
  if (Trade.status(trade) !== "WAIT_BUYER_PAY") {
    return refuse("ACQ.TRADE_STATUS_ERROR", `the trade is ${Trade.status(trade)}`)
  }
  Books.close(books, trade, now)
  return Result.succeed({ out_trade_no: trade.outTradeNo, trade_no: trade.tradeNo })
}
