/** From what an agent token or the Open Platform says to what a payment error says. `moved` must come out true. */
import * as PaymentError from "@paylayer/core/PaymentError"
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
const declined = (subCode: string, detail: string): PaymentError.Reason => {
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
      return new PaymentError.PaymentDeclined({ detail, providerCode: subCode })
  }
}

const reasonOf = ({ reason }: OpenPlatformError): PaymentError.Reason => {
  switch (reason._tag) {
    case "BusinessFailure":
      return declined(reason.subCode, `Alipay answered ${reason.subCode}: ${reason.subMsg}`)
    case "Unsigned":
    case "MisSigned":
    case "Malformed":
      return new PaymentError.ProviderUntrusted({ detail: reason.message })
    case "Paying":
      return new PaymentError.OutcomeUnknown({ detail: "the payer is still paying" })
    default:
      return new PaymentError.ProviderUnavailable({ detail: reason.message })
  }
}

/** A call that cannot move money failed. */
export const harmless = (error: OpenPlatformError): PaymentError.PaymentError =>
  PaymentError.make(reasonOf(error), { retryAfter: 5 })

/** The call that takes the money failed: nothing moved only if Alipay refused it; otherwise nobody knows yet. */
export const charging = (error: OpenPlatformError): PaymentError.PaymentError =>
  PaymentError.make(reasonOf(error), { moved: error.outcome === "refused" ? "no" : "unknown", retryAfter: 5 })
