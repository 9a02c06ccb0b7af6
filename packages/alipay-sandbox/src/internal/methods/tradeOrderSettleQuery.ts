/**
 * `alipay.trade.order.settle.query`: what became of a settlement, by its own number, or by the merchant's and the trade's.
 */
import * as BeijingTime from "@paylayer/alipay/BeijingTime"
import * as Money from "@paylayer/core/Money"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Biz from "../biz.ts"
import * as Books from "../books.ts"
import { refuse } from "../failure.ts"
import * as Royalty from "../royalty.ts"

const Query = Schema.Struct({
  settle_no: Schema.optionalKey(Biz.Text),
  out_request_no: Schema.optionalKey(Royalty.RequestNo),
  trade_no: Schema.optionalKey(Biz.Text)
})

export const tradeOrderSettleQuery = Biz.method(Query, (numbers, { books, now }) => {
  const found = Books.settlement(books, numbers)
  return found === undefined
    ? refuse("ACQ.TRADE_NOT_EXIST", "no such settlement")
    : Result.succeed(describe(found, now))
})

const describe = ({ at, mode, parts, requestNo }: Royalty.Settlement, now: number): Record<string, unknown> => ({
  out_request_no: requestNo,
  operation_dt: BeijingTime.format(at),
  royalty_detail_list: parts.map(({ amount, to }) => ({
    operation_type: "transfer",
    execute_dt: BeijingTime.format(at),
    trans_in: to.account,
    trans_in_type: to.type,
    amount: Money.decimalString(amount),
    state: mode === "async" && now < at + Royalty.processing ? "PROCESSING" : "SUCCESS"
  }))
})
