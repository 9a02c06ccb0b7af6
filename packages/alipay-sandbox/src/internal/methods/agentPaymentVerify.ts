/**
 * `alipay.aipay.agent.payment.verify`: whether an agent's proof is good, and what it has paid for. It changes nothing.
 *
 * A proof stays active when its fulfilment is confirmed: that a payment buys one delivery is the seller's to see to.
 */
import * as Money from "@paylayer/core/Money"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Biz from "../biz.ts"
import { refuse } from "../failure.ts"

const Proof = Schema.Struct({ trade_no: Schema.String, payment_proof: Schema.String, client_session: Schema.String })

export const agentPaymentVerify = Biz.method(Proof, ({ client_session, payment_proof, trade_no }, { books }) => {
  if (trade_no === "") return refuse("TRADE_NO_EMPTY", "trade_no is empty")
  if (payment_proof === "") return refuse("PAYMENT_PROOF_EMPTY", "payment_proof is empty")
  if (client_session === "") return refuse("CLIENT_SESSION_IS_EMPTY", "client_session is empty")
  const trade = books.metered.get(trade_no)
  if (trade === undefined) return refuse("TRADE_NOT_FOUND", "no such trade")
  if (payment_proof !== trade.paymentProof) return refuse("PAYMENT_PROOF_INVALID", "the proof is not the trade's")
  if (client_session !== trade.clientSession) {
    return refuse("PAYMENT_PROOF_AGENT_MISMATCH", "another agent has paid the trade")
  }
  return Result.succeed({
    active: !trade.closed,
    amount: Money.decimalString(trade.amount),
    out_trade_no: trade.outTradeNo,
    resource_id: trade.resourceId,
    trade_no: trade.tradeNo
  })
})
