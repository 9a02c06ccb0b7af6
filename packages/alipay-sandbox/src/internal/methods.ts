/**
 * What answers each method.
 */
import type { MethodName } from "../MethodName.ts"
import type { Method } from "./biz.ts"
import { agentFulfillmentConfirm } from "./methods/agentFulfillmentConfirm.ts"
import { agentPaymentVerify } from "./methods/agentPaymentVerify.ts"
import { billDownloadUrl } from "./methods/billDownloadUrl.ts"
import { delegationApply } from "./methods/delegationApply.ts"
import { delegationCancel } from "./methods/delegationCancel.ts"
import { delegationQuery } from "./methods/delegationQuery.ts"
import { royaltyRelationBatchquery, royaltyRelationBind, royaltyRelationUnbind } from "./methods/royaltyRelation.ts"
import { tradeAgentDelegationPay } from "./methods/tradeAgentDelegationPay.ts"
import { tradeCancel } from "./methods/tradeCancel.ts"
import { tradeClose } from "./methods/tradeClose.ts"
import { tradeFastpayRefundQuery } from "./methods/tradeFastpayRefundQuery.ts"
import { tradeOrderPrepay } from "./methods/tradeOrderPrepay.ts"
import { tradeOrderSettle } from "./methods/tradeOrderSettle.ts"
import { tradeOrderSettleQuery } from "./methods/tradeOrderSettleQuery.ts"
import { tradeQuery } from "./methods/tradeQuery.ts"
import { tradeRefund } from "./methods/tradeRefund.ts"

export const methods: Readonly<Record<MethodName, Method>> = {
  "alipay.user.agreement.delegation.apply": delegationApply,
  "alipay.user.agreement.delegation.query": delegationQuery,
  "alipay.user.agreement.delegation.cancel": delegationCancel,
  "alipay.trade.order.prepay": tradeOrderPrepay,
  "alipay.trade.agent.delegation.pay": tradeAgentDelegationPay,
  "alipay.trade.query": tradeQuery,
  "alipay.trade.close": tradeClose,
  "alipay.trade.cancel": tradeCancel,
  "alipay.trade.refund": tradeRefund,
  "alipay.trade.fastpay.refund.query": tradeFastpayRefundQuery,
  "alipay.trade.royalty.relation.bind": royaltyRelationBind,
  "alipay.trade.royalty.relation.unbind": royaltyRelationUnbind,
  "alipay.trade.royalty.relation.batchquery": royaltyRelationBatchquery,
  "alipay.trade.order.settle": tradeOrderSettle,
  "alipay.trade.order.settle.query": tradeOrderSettleQuery,
  "alipay.data.dataservice.bill.downloadurl.query": billDownloadUrl,
  "alipay.aipay.agent.payment.verify": agentPaymentVerify,
  "alipay.aipay.agent.fulfillment.confirm": agentFulfillmentConfirm
}
