/**
 * `alipay.trade.agent.delegation.pay`: the charge. An order is paid once, by one delegation, or not at all.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Biz from "../biz.ts"
import * as Books from "../books.ts"
import * as Charge from "../charge.ts"
import { refuse } from "../failure.ts"

const Payment = Schema.Struct({
  prepay_id: Biz.Text,
  agreement_no: Biz.Text,
  delegation_id: Biz.Text,
  agent_id: Schema.optionalKey(Schema.String)
})

export const tradeAgentDelegationPay = Biz.method(Payment, (payment, { books, notify, now }) => {
  const trade = Books.prepaid(books, payment.prepay_id)
  if (trade === undefined) return refuse("ACQ.ORDER_NOT_EXIST", "no order has this prepayment id")
  if (notify !== undefined) trade.notify = notify
  const found = books.delegations.get(payment.delegation_id)
  const named =
    found?.agreementNo === payment.agreement_no &&
    (payment.agent_id === undefined || payment.agent_id === found.iac.agent_id)
  return Result.map(Charge.commit(books, trade, named ? found : undefined, now), ({ tradeNo }) => ({
    trade_no: tradeNo
  }))
})
