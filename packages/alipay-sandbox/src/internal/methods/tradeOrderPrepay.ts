/**
 * `alipay.trade.order.prepay`: opens an order that a delegation may then pay. The `prepay_id` is good for two hours.
 *
 * The same number with the same order answers the same `prepay_id`. Beyond Alipay's members the sandbox reads `seller_id`,
 * `business_params.mcc_code`, `trans_currency`, `settle_currency`, `enable_pay_channels` and `extend_params`' Huabei fields, so
 * that a delegation's terms about them can be enforced.
 */
import * as Money from "@paylayer/core/Money"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Biz from "../biz.ts"
import * as Books from "../books.ts"
import * as Currencies from "../currencies.ts"
import { refuse } from "../failure.ts"
import * as Trade from "../trade.ts"

const lifetime = 2 * 3_600_000

const Order = Schema.Struct({
  out_trade_no: Biz.OutTradeNo,
  total_amount: Biz.Amount,
  subject: Schema.String.check(Schema.isPattern(/^[^/=&]{1,256}$/)),
  product_code: Schema.Literal("QUICK_MSECURITY_PAY"),
  payment_type: Schema.Literal("agent_pay"),
  seller_id: Schema.optionalKey(Biz.Text),
  trans_currency: Schema.optionalKey(Schema.String),
  settle_currency: Schema.optionalKey(Schema.String),
  enable_pay_channels: Schema.optionalKey(Schema.String),
  business_params: Schema.optionalKey(Schema.Struct({ mcc_code: Schema.optionalKey(Biz.Text) })),
  extend_params: Schema.optionalKey(
    Schema.Struct({
      hb_fq_num: Schema.optionalKey(Schema.Literals(["3", "6", "12"])),
      hb_fq_seller_percent: Schema.optionalKey(Schema.Literals(["0", "100"]))
    })
  )
})

export const tradeOrderPrepay = Biz.method(Order, (order, { books, notify, now, numbers, sellerId }) =>
  Result.gen(function* () {
    const trans = order.trans_currency ?? "CNY"
    const { currency, settleCurrency } = yield* Currencies.contracted(trans, order.settle_currency ?? trans)
    const amount = yield* Biz.amount("total_amount", currency, order.total_amount)
    if (amount.minor > 10_000_000_000n) {
      return yield* refuse("ACQ.TOTAL_FEE_EXCEED", "total_amount is at most 100000000.00")
    }
    const { hb_fq_num, hb_fq_seller_percent } = order.extend_params ?? {}
    if ((hb_fq_num === undefined) !== (hb_fq_seller_percent === undefined)) {
      return yield* Result.fail(Biz.invalid("hb_fq_num and hb_fq_seller_percent go together"))
    }
    const opened: Trade.Trade = {
      outTradeNo: order.out_trade_no,
      tradeNo: numbers.tradeNo(now),
      amount,
      settleCurrency,
      subject: order.subject,
      sellerId: order.seller_id ?? sellerId,
      category: order.business_params?.mcc_code,
      channels: hb_fq_num === undefined ? order.enable_pay_channels?.split(",") : ["pcreditpayInstallment"],
      instalments:
        hb_fq_num === undefined || hb_fq_seller_percent === undefined
          ? undefined
          : { count: hb_fq_num, sellerPercent: hb_fq_seller_percent },
      refunds: new Map(),
      openedAt: now,
      notify,
      prepayId: numbers.prepayId(),
      prepayExpires: now + lifetime,
      closed: false,
      payment: undefined,
      refunded: 0n,
      settled: 0n
    }
    const trade = books.trades.get(order.out_trade_no) ?? opened
    const status = Trade.status(trade)
    if (status === "TRADE_CLOSED") return yield* refuse("ACQ.TRADE_HAS_CLOSE", "the trade is closed")
    if (!sameOrder(trade, opened)) {
      return yield* refuse("ACQ.CONTEXT_INCONSISTENT", "an order of this number exists with other contents")
    }
    if (status === "TRADE_SUCCESS") return yield* refuse("ACQ.TRADE_HAS_SUCCESS", "the trade is paid")
    if (trade.prepayExpires <= now) {
      trade.prepayId = opened.prepayId
      trade.prepayExpires = opened.prepayExpires
    }
    if (notify !== undefined) trade.notify = notify
    Books.keep(books, trade)
    return { out_trade_no: trade.outTradeNo, prepay_id: trade.prepayId }
  })
)

const sameOrder = (self: Trade.Trade, that: Trade.Trade): boolean =>
  Money.equals(self.amount, that.amount) &&
  self.settleCurrency === that.settleCurrency &&
  self.subject === that.subject &&
  self.sellerId === that.sellerId &&
  self.category === that.category &&
  self.channels?.join() === that.channels?.join() &&
  self.instalments?.count === that.instalments?.count &&
  self.instalments?.sellerPercent === that.instalments?.sellerPercent
