/** The five facts of a payment against the bill for a charge. */
import type { Charge } from "@paylayer/core/Charge"
import * as Money from "@paylayer/core/Money"
import * as PaymentError from "@paylayer/core/PaymentError"
import * as Effect from "effect/Effect"
import type { Verified } from "../AgentPayment.ts"
import * as Bill from "./a402Bill.ts"
import * as Errors from "./a402Errors.ts"

const incomplete = (missing: ReadonlyArray<string>) => {
  const detail = `Alipay calls the payment active, and does not say its ${missing.join(", ")}`
  return PaymentError.make(new PaymentError.ProviderUntrusted({ detail }), { moved: "unknown", retryAfter: 5 })
}

const forAnother = (differing: ReadonlyArray<string>) => {
  const detail = `the payment was made for another ${differing.join(", ")}`
  return PaymentError.make(new PaymentError.BindingMismatch({ detail }), { moved: "yes" })
}

/** The number of the order that was paid, if it is one for exactly this charge. */
export const paidOrder = (
  { active, amount, out_trade_no, resource_id, trade_no }: Verified,
  charge: Charge,
  tradeNo: string
): Effect.Effect<string, PaymentError.PaymentError> => {
  if (!active) return Effect.fail(Errors.over("the payment is not active"))
  const told = { amount, order: out_trade_no, resource: resource_id, trade: trade_no }
  if (amount === undefined || out_trade_no === undefined || resource_id === undefined || trade_no === undefined) {
    return Effect.fail(incomplete(Object.entries(told).flatMap(([name, value]) => (value === undefined ? [name] : []))))
  }
  const fits = {
    amount: Money.equals(amount, charge.money),
    order: Bill.isFor(charge, out_trade_no),
    resource: resource_id === charge.binding,
    trade: trade_no === tradeNo
  }
  const differing = Object.entries(fits).flatMap(([name, fit]) => (fit ? [] : [name]))
  return differing.length === 0 ? Effect.succeed(out_trade_no) : Effect.fail(forAnother(differing))
}
