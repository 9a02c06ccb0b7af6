/**
 * From what an agent token or the Open Platform says to what a payment error says. `moved` must come out true.
 *
 * The agent hears what concerns it, in words of this project and Alipay's sub code. What concerns the operator (a wrong key, a
 * missing permission, Alipay's own sentence) goes to the log, by `tell`.
 */
import * as PaymentError from "@paylayer/core/PaymentError"
import * as Effect from "effect/Effect"
import type { AgentTokenError } from "../AgentTokenError.ts"
import type { OpenPlatformError } from "../OpenPlatformError.ts"

/** Why a token was refused. */
export const fromToken = ({ reason }: AgentTokenError): PaymentError.PaymentError => {
  const detail = reason.message
  switch (reason._tag) {
    case "UnsupportedVersion":
      return PaymentError.make(new PaymentError.UnsupportedVersion({ detail }))
    case "AlgorithmRefused":
    case "UnknownIssuer":
    case "UnknownKey":
    case "SignatureInvalid":
      return PaymentError.make(new PaymentError.SignatureInvalid({ detail }))
    case "WrongAudience":
      return PaymentError.make(new PaymentError.MerchantNotAllowed({ detail }))
    case "LifetimeTooLong":
    case "Malformed":
    case "NoTerms":
    case "TermsInvalid":
      return PaymentError.make(new PaymentError.CredentialMalformed({ detail }))
  }
}

/**
 * Sub codes that Alipay documents, and those of the sandbox for limits whose codes Alipay does not publish (`ACQ.DELEGATION_…`).
 */
const declined = (subCode: string): PaymentError.Reason => {
  const providerCode = /^[A-Za-z0-9_.-]{1,64}$/.test(subCode) ? subCode : "unnamed"
  const detail = `Alipay refused it: ${providerCode}`
  switch (subCode) {
    case "DELEGATION_NOT_EXIST":
    case "USER_AGREEMENT_NOT_EXIST":
    case "ACQ.AGREEMENT_NOT_EXIST":
    case "ACQ.AGREEMENT_INVALID":
      return new PaymentError.CredentialRevoked({ detail })
    case "ACQ.DELEGATION_TOTAL_FEE_EXCEED":
      return new PaymentError.BudgetExceeded({ detail })
    case "ACQ.DELEGATION_TOTAL_TIMES_EXCEED":
      return new PaymentError.UsesExceeded({ detail })
    case "ACQ.DELEGATION_SINGLE_FEE_EXCEED":
    case "ACQ.DELEGATION_SINGLE_FEE_BELOW":
      return new PaymentError.LimitExceeded({ detail })
    case "ACQ.DELEGATION_MERCHANT_NOT_ALLOWED":
      return new PaymentError.MerchantNotAllowed({ detail })
    case "ACQ.DELEGATION_CATEGORY_NOT_ALLOWED":
      return new PaymentError.CategoryNotAllowed({ detail })
    case "ACQ.DELEGATION_PAYMENT_METHOD_NOT_ALLOWED":
      return new PaymentError.PreferenceNotAllowed({ detail })
    case "ACQ.CURRENCY_NOT_SUPPORT":
    case "ACQ.AMOUNT_OR_CURRENCY_ERROR":
      return new PaymentError.CurrencyNotAllowed({ detail })
    default:
      return new PaymentError.PaymentDeclined({ detail, providerCode })
  }
}

const unavailable = (detail: string) => new PaymentError.ProviderUnavailable({ detail })

const reasonOf = ({ reason }: OpenPlatformError): PaymentError.Reason => {
  switch (reason._tag) {
    case "BusinessFailure":
      return declined(reason.subCode)
    case "Unsigned":
    case "MisSigned":
    case "Malformed":
      return new PaymentError.ProviderUntrusted({
        detail: "what came back is not an answer of Alipay's that can be trusted"
      })
    case "Paying":
      return new PaymentError.OutcomeUnknown({ detail: "Alipay is still taking the payment" })
    case "Timeout":
      return unavailable("Alipay did not answer in time")
    case "Transport":
      return unavailable(reason.sent ? "the connection to Alipay broke" : "Alipay cannot be reached")
    case "RateLimited":
      return unavailable("Alipay takes no more calls at the moment")
    case "HttpStatus":
    case "Unavailable":
      return unavailable("Alipay is out of order")
    case "InvalidRequest":
    case "PermissionDenied":
    case "Unauthorized":
      return unavailable("Alipay does not take the calls of this service")
  }
}

/** Seconds, where trying again can help at all. Alipay publishes no time after which a limited caller is let in again. */
const patience = ({ _tag }: PaymentError.Reason, error: OpenPlatformError | undefined) =>
  _tag === "ProviderUnavailable" || _tag === "ProviderUntrusted" || _tag === "OutcomeUnknown"
    ? { retryAfter: error?.reason._tag === "RateLimited" ? 30 : 5 }
    : {}

/** A payment error for a call that failed. What says nothing about the money is not called a refusal while some may have moved. */
export const toPayment = (error: OpenPlatformError, moved: "no" | "unknown"): PaymentError.PaymentError => {
  const reason = reasonOf(error)
  if (moved === "unknown" && error.reason._tag === "BusinessFailure") return unsure(reason.detail)
  return PaymentError.make(reason, { moved, ...patience(reason, error) })
}

/** Nobody can say whether money moved. */
export const unsure = (detail: string): PaymentError.PaymentError => {
  const reason = new PaymentError.OutcomeUnknown({ detail })
  return PaymentError.make(reason, { moved: "unknown", ...patience(reason, undefined) })
}

/** Tells the operator, in Alipay's words and with its trace id. A refused charge is everyday business and logged as such. */
export const tell = (error: OpenPlatformError): Effect.Effect<void> => {
  const trace = error.traceId === undefined ? {} : { trace_id: error.traceId }
  const log = (() => {
    switch (error.reason._tag) {
      case "BusinessFailure":
      case "Paying":
        return Effect.logDebug
      case "Timeout":
      case "Transport":
      case "HttpStatus":
      case "Unavailable":
      case "RateLimited":
        return Effect.logWarning
      default:
        return Effect.logError
    }
  })()
  return Effect.annotateLogs(log(error.message), trace)
}

/** Fails for a call that failed, and tells the operator. */
export const failing = (
  error: OpenPlatformError,
  moved: "no" | "unknown"
): Effect.Effect<never, PaymentError.PaymentError> => Effect.andThen(tell(error), Effect.fail(toPayment(error, moved)))
