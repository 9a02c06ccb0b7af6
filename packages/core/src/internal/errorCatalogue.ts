/**
 * What is the same for every `PaymentError` with one reason: code, status, retry, ACT identifier, headline and hint.
 */
import type { Reason } from "../PaymentError.ts"

/** When the caller may try again. Named after the `retryability` values of ACT 2.1, plus `never`. */
export type Retry = "never" | "after-correction" | "after-authorization" | "query-first" | "retryable"

/** What is the same for every error with one reason. */
export interface Entry {
  /** Stable, for programs. */
  readonly code: string
  /** The HTTP status of the answer. */
  readonly status: number
  readonly retry: Retry
  /** The identifier in ACT 2.1 (`ACT-A402-…`) that means the same, where there is one. */
  readonly act?: string
  /** A headline, the same for every occurrence (RFC 9457 `title`). */
  readonly title: string
  /** What to do about it. */
  readonly hint: string
}

const entry = (code: string, status: number, retry: Retry, act: string, title: string, hint: string): Entry => ({
  code,
  status,
  retry,
  title,
  hint,
  ...(act === "" ? {} : { act: `ACT-A402-${act}` })
})

/** One row per reason. */
export const catalogue: { readonly [Tag in Reason["_tag"]]: Entry } = {
  PaymentRequired: entry(
    "payment_required",
    402,
    "after-authorization",
    "",
    "Payment required",
    "Pay in one of the ways listed under accepts and send the request again."
  ),
  CredentialAmbiguous: entry(
    "credential_ambiguous",
    400,
    "after-correction",
    "REQUEST_INVALID",
    "More than one payment credential",
    "Send exactly one credential; nothing was charged."
  ),
  CredentialMalformed: entry(
    "credential_malformed",
    402,
    "after-correction",
    "PROOF_INVALID",
    "The payment credential cannot be read",
    "Send the credential exactly as it was issued."
  ),
  UnsupportedVersion: entry(
    "unsupported_version",
    402,
    "after-correction",
    "METHOD_UNSUPPORTED",
    "The version of the credential is not supported",
    "Ask for a credential of a version listed under accepts."
  ),
  SignatureInvalid: entry(
    "signature_invalid",
    402,
    "after-authorization",
    "SIGNATURE_INVALID",
    "The signature of the credential is not valid",
    "The credential was changed, or its issuer is not trusted here. Ask for a new one."
  ),
  CredentialExpired: entry(
    "credential_expired",
    402,
    "after-authorization",
    "AUTHORIZATION_REJECTED",
    "The credential has expired",
    "Ask the principal for a new one."
  ),
  CredentialNotYetValid: entry(
    "credential_not_yet_valid",
    402,
    "retryable",
    "AUTHORIZATION_REJECTED",
    "The credential is not valid yet",
    "Wait until its window begins."
  ),
  CredentialRevoked: entry(
    "credential_revoked",
    402,
    "after-authorization",
    "AUTHORIZATION_REJECTED",
    "The credential is no longer honoured",
    "Ask the principal: what was suspended can be resumed, what was revoked or used up needs a new credential."
  ),
  SessionMismatch: entry(
    "session_mismatch",
    402,
    "after-correction",
    "PARTICIPANT_INVALID",
    "The credential belongs to another session",
    "Send the session that the credential was issued for."
  ),
  BindingMismatch: entry(
    "binding_mismatch",
    409,
    "after-correction",
    "STATE_CONFLICT",
    "The payment was made for another request",
    "Send the request that was paid for, unchanged."
  ),
  LimitExceeded: entry(
    "limit_exceeded",
    402,
    "after-authorization",
    "LIMIT_OR_ASSET_REJECTED",
    "The charge is outside the limit for one charge",
    "Ask the principal for a higher limit."
  ),
  BudgetExceeded: entry(
    "budget_exceeded",
    402,
    "after-authorization",
    "LIMIT_OR_ASSET_REJECTED",
    "The charge does not fit in the budget",
    "Ask the principal for a larger budget."
  ),
  UsesExceeded: entry(
    "uses_exceeded",
    402,
    "after-authorization",
    "LIMIT_OR_ASSET_REJECTED",
    "The credential has been used as often as it may be",
    "Ask the principal for a new one."
  ),
  SpendingLimitReached: entry(
    "spending_limit_reached",
    402,
    "after-authorization",
    "LIMIT_OR_ASSET_REJECTED",
    "A spending limit of this service is reached",
    "Wait until its window ends, or ask the operator."
  ),
  CurrencyNotAllowed: entry(
    "currency_not_allowed",
    402,
    "after-authorization",
    "LIMIT_OR_ASSET_REJECTED",
    "The credential does not cover this currency",
    "Pay in a currency listed under accepts; nothing is converted silently."
  ),
  MerchantNotAllowed: entry(
    "merchant_not_allowed",
    402,
    "after-authorization",
    "LIMIT_OR_ASSET_REJECTED",
    "The credential does not cover this merchant",
    "Ask the principal to allow it."
  ),
  CategoryNotAllowed: entry(
    "category_not_allowed",
    402,
    "after-authorization",
    "LIMIT_OR_ASSET_REJECTED",
    "The credential does not cover this category",
    "Ask the principal to allow it."
  ),
  PreferenceNotAllowed: entry(
    "preference_not_allowed",
    402,
    "after-authorization",
    "LIMIT_OR_ASSET_REJECTED",
    "The payment preference cannot be honoured",
    "Ask the principal for another way to pay."
  ),
  PaymentDeclined: entry(
    "payment_declined",
    402,
    "after-authorization",
    "AUTHORIZATION_REJECTED",
    "The provider declined the payment",
    "Ask the principal; nothing was charged."
  ),
  ChargeExpired: entry(
    "charge_expired",
    402,
    "after-authorization",
    "STATE_CONFLICT",
    "The charge expired before it was settled",
    "Send the request again for a fresh charge."
  ),
  QuoteExpired: entry(
    "quote_expired",
    402,
    "retryable",
    "STATE_CONFLICT",
    "The quote expired before the charge was settled",
    "Nothing was charged. Send the request again; what it costs now is listed under accepts."
  ),
  IdempotencyKeyInvalid: entry(
    "idempotency_key_invalid",
    400,
    "after-correction",
    "REQUEST_INVALID",
    "The Idempotency-Key cannot be read",
    "Send one key of 1 to 255 visible ASCII characters."
  ),
  IdempotencyConflict: entry(
    "idempotency_conflict",
    409,
    "after-correction",
    "STATE_CONFLICT",
    "The key was used for another request",
    "Use a new key for a new request."
  ),
  ChargeInFlight: entry(
    "charge_in_flight",
    409,
    "retryable",
    "STATE_CONFLICT",
    "The same request is being worked on",
    "Wait, then send it again with the same key."
  ),
  AlreadySettled: entry(
    "already_settled",
    409,
    "never",
    "STATE_CONFLICT",
    "The charge is settled already",
    "It was paid and delivered once; the answer was not kept."
  ),
  RequestTooLarge: entry(
    "request_too_large",
    413,
    "after-correction",
    "REQUEST_INVALID",
    "The request is too large",
    "Send a smaller body; nothing was charged."
  ),
  RequestInvalid: entry(
    "request_invalid",
    400,
    "after-correction",
    "REQUEST_INVALID",
    "The request is not what this resource takes",
    "Correct the body as the detail says; nothing was charged."
  ),
  ProviderUnavailable: entry(
    "provider_unavailable",
    503,
    "retryable",
    "SYSTEM_UNAVAILABLE",
    "The payment provider is not available",
    "Try again later with the same Idempotency-Key."
  ),
  ProviderUntrusted: entry(
    "provider_untrusted",
    503,
    "query-first",
    "SYSTEM_UNAVAILABLE",
    "The payment provider's answer could not be trusted",
    "Try again later with the same Idempotency-Key."
  ),
  OutcomeUnknown: entry(
    "outcome_unknown",
    503,
    "query-first",
    "SYSTEM_UNAVAILABLE",
    "Whether the payment went through is not known yet",
    "Do not pay again. Send the request again with the same Idempotency-Key."
  ),
  LedgerUnavailable: entry(
    "ledger_unavailable",
    503,
    "query-first",
    "SYSTEM_UNAVAILABLE",
    "The charge could not be recorded",
    "Try again later with the same Idempotency-Key."
  ),
  CapabilityMissing: entry(
    "capability_missing",
    501,
    "never",
    "METHOD_UNSUPPORTED",
    "The protocol cannot do this",
    "Its manifest lists its capabilities."
  ),
  ChargeNotFound: entry(
    "charge_not_found",
    404,
    "after-correction",
    "REQUEST_INVALID",
    "There is no such charge",
    "Take the id from the receipt or from the ledger."
  ),
  RefundRefused: entry(
    "refund_refused",
    409,
    "after-correction",
    "REFUND_FAILED",
    "This cannot be given back",
    "Ask for at most what was taken and has not gone back, in the same currency."
  ),
  RefundDeclined: entry(
    "refund_declined",
    409,
    "after-correction",
    "REFUND_FAILED",
    "The provider declined the refund",
    "Nothing went back. When the cause is gone, ask again under the same refund id."
  ),
  RefundUnknown: entry(
    "refund_unknown",
    503,
    "query-first",
    "SYSTEM_UNAVAILABLE",
    "Whether the money went back is not known yet",
    "Ask again under the same refund id, never under another one."
  ),
  PriceInvalid: entry(
    "price_invalid",
    500,
    "never",
    "",
    "The price of this resource is not usable",
    "This is a fault of the service; nothing was charged."
  ),
  ProtocolDefect: entry(
    "protocol_defect",
    500,
    "query-first",
    "SYSTEM_UNAVAILABLE",
    "The payment protocol broke its contract",
    "This is a fault of the service."
  )
}
