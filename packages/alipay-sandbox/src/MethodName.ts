/**
 * The methods of Alipay's Open Platform that the sandbox knows.
 */
import * as Schema from "effect/Schema"

/** As the `method` parameter of a request writes them. */
export const MethodName = Schema.Literals([
  "alipay.user.agreement.delegation.apply",
  "alipay.user.agreement.delegation.query",
  "alipay.user.agreement.delegation.cancel",
  "alipay.trade.order.prepay",
  "alipay.trade.agent.delegation.pay",
  "alipay.trade.query",
  "alipay.trade.close",
  "alipay.trade.cancel",
  "alipay.trade.refund",
  "alipay.trade.fastpay.refund.query",
  "alipay.trade.royalty.relation.bind",
  "alipay.trade.royalty.relation.unbind",
  "alipay.trade.royalty.relation.batchquery",
  "alipay.trade.order.settle",
  "alipay.trade.order.settle.query",
  "alipay.data.dataservice.bill.downloadurl.query",
  "alipay.aipay.agent.payment.verify",
  "alipay.aipay.agent.fulfillment.confirm"
])
export type MethodName = typeof MethodName.Type

/** Whether the sandbox knows it. */
export const is = Schema.is(MethodName)
