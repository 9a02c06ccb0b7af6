/**
 * From what Alipay says of a payment that an agent claims to have made to a payment error.
 *
 * 402 asks for a new payment, so it is only said where Alipay has said, under its signature, that the proof is none, or that
 * nothing can be had for it. What may be a matter of time, or of this service, is 503: pay nothing, ask again.
 */
import * as PaymentError from "@paylayer/core/PaymentError"
import * as Effect from "effect/Effect"
import type { OpenPlatformError } from "../OpenPlatformError.ts"
import * as Errors from "./trustErrors.ts"

/** Sub codes that say that the proof is not one. From Alipay's documentation of `alipay.aipay.agent.payment.verify`. */
const notAProof = new Set([
  "PAYMENT_PROOF_AGENT_MISMATCH",
  "PAYMENT_PROOF_BUYER_MISMATCH",
  "PAYMENT_PROOF_EMPTY",
  "PAYMENT_PROOF_ID_MISMATCH",
  "PAYMENT_PROOF_INVALID",
  "PAYMENT_PROOF_TRADE_NO_MISMATCH",
  "CLIENT_SESSION_IS_EMPTY",
  "TRADE_NO_EMPTY",
  "TRADE_NO_INVALID"
])

/** Of a proof that cannot be read. */
export const unreadable = (why: string): PaymentError.PaymentError =>
  PaymentError.make(new PaymentError.CredentialMalformed({ detail: `the Payment-Proof cannot be read: ${why}` }))

/** Of a payment that buys nothing any more. */
export const over = (why: string): PaymentError.PaymentError =>
  PaymentError.make(new PaymentError.CredentialRevoked({ detail: `Alipay says that ${why}` }))

const notVerified = (error: OpenPlatformError): PaymentError.PaymentError => {
  const said = error.reason._tag === "BusinessFailure" && error.reason.outcome === "refused" ? error.reason.subCode : ""
  const code = said.slice(said.lastIndexOf(".") + 1)
  if (code === "TRADE_STATUS_CLOSED") return over("the trade is closed")
  return notAProof.has(code)
    ? PaymentError.make(new PaymentError.CredentialMalformed({ detail: `Alipay does not take the proof: ${code}` }))
    : Errors.toPayment(error, "unknown")
}

/** Fails for a proof that Alipay did not confirm. */
export const unverified = (error: OpenPlatformError): Effect.Effect<never, PaymentError.PaymentError> =>
  Effect.andThen(Errors.tell(error), Effect.fail(notVerified(error)))

/** Fails for a fulfilment that was not confirmed. The agent has paid and been served; what is open is the operator's. */
export const unconfirmed = (error: OpenPlatformError): Effect.Effect<never, PaymentError.PaymentError> => {
  const { reason, retryAfter } = Errors.toPayment(error, "unknown")
  const tell =
    error.reason._tag === "BusinessFailure"
      ? Effect.logError(`a fulfilment is not confirmed: ${error.message}`)
      : Errors.tell(error)
  const failure = PaymentError.make(reason, { moved: "yes", ...(retryAfter !== undefined && { retryAfter }) })
  return Effect.andThen(tell, Effect.fail(failure))
}
