/**
 * `alipay.aipay.agent.fulfillment.confirm`: the seller has delivered what was paid for. It may be said again.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Biz from "../biz.ts"
import { refuse } from "../failure.ts"

export const agentFulfillmentConfirm = Biz.method(
  Schema.Struct({ trade_no: Schema.String }),
  ({ trade_no }, { books, now }) => {
    if (trade_no === "") return refuse("TRADE_NO_EMPTY", "trade_no is empty")
    const trade = books.metered.get(trade_no)
    if (trade === undefined) return refuse("TRADE_NOT_FOUND", "no such trade")
    if (trade.closed) return refuse("TRADE_STATUS_INVALID", "the trade is closed")
    trade.confirmedAt ??= now
    return Result.succeed({ trade_no })
  }
)
