/**
 * `alipay.trade.query`: what became of an order. It changes nothing.
 */
import * as BeijingTime from "@paylayer/alipay/BeijingTime"
import * as Money from "@paylayer/core/Money"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Biz from "../biz.ts"
import * as Channel from "../channel.ts"
import * as Currencies from "../currencies.ts"
import * as Trade from "../trade.ts"

export const tradeQuery = Biz.method(Schema.Struct(Biz.TradeNumbers), (numbers, { books }) =>
  Result.map(Biz.trade(books, numbers), describe)
)

const describe = (trade: Trade.Trade): Record<string, unknown> => {
  const total = Money.decimalString(trade.amount)
  const foreign = trade.amount.currency !== "CNY" || trade.settleCurrency !== "CNY"
  return {
    out_trade_no: trade.outTradeNo,
    trade_no: trade.tradeNo,
    trade_status: Trade.status(trade),
    total_amount: total,
    subject: trade.subject,
    ...(foreign ? { trans_currency: trade.amount.currency, settle_currency: trade.settleCurrency } : {}),
    ...(trade.payment === undefined
      ? {}
      : {
          buyer_user_id: trade.payment.delegation.iac.delegator_identity,
          buyer_pay_amount: total,
          receipt_amount: total,
          ...(foreign && {
            settle_amount: Money.decimalString(Currencies.settled(trade.amount, trade.settleCurrency))
          }),
          send_pay_date: BeijingTime.format(trade.payment.at),
          fund_bill_list: [{ fund_channel: Channel.fundChannel(trade.payment.channel), amount: total }],
          ...(trade.instalments === undefined ? {} : { hb_fq_pay_info: { user_install_num: trade.instalments.count } })
        })
  }
}
