/**
 * `alipay.trade.order.settle`: gives parts of a paid trade to those who are bound, once for an `out_request_no`, and never more than the
 * merchant has of it.
 *
 * Parts are amounts here, no percentages, and go out of the merchant's own account (`royalty_type` `transfer`).
 */
import * as Money from "@paylayer/core/Money"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Biz from "../biz.ts"
import * as Books from "../books.ts"
import { type Failure, refuse } from "../failure.ts"
import * as Royalty from "../royalty.ts"
import * as Trade from "../trade.ts"

const Part = Schema.Struct({
  royalty_type: Schema.optionalKey(Schema.Literal("transfer")),
  trans_out: Schema.optionalKey(Biz.Text),
  trans_out_type: Schema.optionalKey(Schema.Literal("userId")),
  trans_in: Biz.Text,
  trans_in_type: Schema.optionalKey(Royalty.AccountType),
  amount: Biz.Amount,
  desc: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(1_000)))
})

const Request = Schema.Struct({
  out_request_no: Royalty.RequestNo,
  trade_no: Biz.Text,
  royalty_parameters: Schema.NonEmptyArray(Part),
  royalty_mode: Schema.optionalKey(Schema.Literals(["sync", "async"]))
})

const partOf = (
  { amount, desc, trans_in, trans_in_type = "userId", trans_out }: typeof Part.Type,
  trade: Trade.Trade
): Result.Result<Royalty.Part, Failure> => {
  if (trans_out !== undefined && trans_out !== trade.sellerId) {
    return refuse("ACQ.INVALID_PARAMETER", "trans_out is the seller of the trade")
  }
  return Result.map(Biz.amount("amount", trade.amount.currency, amount), (money) => ({
    to: { account: trans_in, type: trans_in_type },
    amount: money,
    desc
  }))
}

const same = (self: ReadonlyArray<Royalty.Part>, that: ReadonlyArray<Royalty.Part>): boolean =>
  self.length === that.length &&
  self.every((part, index) => {
    const other = that[index]!
    return Royalty.keyOf(part.to) === Royalty.keyOf(other.to) && Money.equals(part.amount, other.amount)
  })

const answered = ({ settleNo, trade }: Royalty.Settlement) =>
  Result.succeed({ trade_no: trade.tradeNo, settle_no: settleNo })

export const tradeOrderSettle = Biz.method(Request, (request, { books, now, numbers }) =>
  Result.gen(function* () {
    const trade = yield* Biz.trade(books, { trade_no: request.trade_no })
    const parts = yield* Result.all(request.royalty_parameters.map((part) => partOf(part, trade)))
    const before = Books.settlement(books, { trade_no: trade.tradeNo, out_request_no: request.out_request_no })
    if (before !== undefined) {
      return yield* same(before.parts, parts)
        ? answered(before)
        : refuse("ACQ.DISCORDANT_REPEAT_REQUEST", "this out_request_no was used for another settlement")
    }
    if (Trade.status(trade) !== "TRADE_SUCCESS") {
      return yield* refuse("ACQ.ILLEGAL_SETTLE_STATE", `the trade is ${Trade.status(trade)}`)
    }
    const stranger = parts.find(({ to }) => !books.receivers.has(Royalty.keyOf(to)))
    if (stranger !== undefined) {
      return yield* refuse("ACQ.ROYALTY_RECEIVER_INVALID", `${stranger.to.account} is not bound to the merchant`)
    }
    const left = Trade.settleable(trade)
    if (parts.reduce((sum, { amount }) => sum + amount.minor, 0n) > left.minor) {
      return yield* refuse("ACQ.ALLOC_AMOUNT_VALIDATE_ERROR", `${Money.print(left)} of the trade can still be settled`)
    }
    return yield* answered(
      Books.settle(books, {
        settleNo: numbers.settleNo(now),
        requestNo: request.out_request_no,
        trade,
        from: trade.sellerId,
        parts,
        mode: request.royalty_mode ?? "sync",
        at: now
      })
    )
  })
)
