/**
 * `alipay.trade.cancel`: undoes an order whatever its state: closes it while unpaid, gives all of it back once paid.
 *
 * An order that nobody opened is answered as closed, but nothing is written down: opening it later is still possible.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Biz from "../biz.ts"
import * as Books from "../books.ts"
import * as Trade from "../trade.ts"

/** The request number under which a cancellation's refund is kept; no merchant can write a space. */
const cancellation = " cancel"

export const tradeCancel = Biz.method(Schema.Struct(Biz.TradeNumbers), (numbers, { books, now }) => {
  const trade = Books.trade(books, numbers)
  if (trade === undefined) return Result.succeed({ ...numbers, retry_flag: "N", action: "close" })
  const rest = Trade.refundable(trade)
  if (trade.payment === undefined) {
    if (!trade.closed) Books.close(books, trade, now)
  } else if (rest.minor > 0n) {
    Books.refund(books, trade, trade.payment.delegation, cancellation, { amount: rest, at: now })
  }
  return Result.succeed({
    out_trade_no: trade.outTradeNo,
    trade_no: trade.tradeNo,
    retry_flag: "N",
    action: trade.payment === undefined ? "close" : "refund"
  })
})
