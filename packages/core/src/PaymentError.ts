/**
 * `PaymentError`: the one error of the contract. Its `reason` says what happened, `moved` whether money moved.
 *
 * Every reason has a row in `catalogue`: a stable `code` for programs, the HTTP status, when a retry makes sense, the error
 * identifier of ACT 2.1 that it corresponds to, and a hint for people. `moved` is what a caller bases a retry on, so it must
 * be true: `"no"` is only said when nothing can have moved.
 *
 * @example
 * yield* PaymentError.fail(new LimitExceeded({ detail: "CNY 15.00 is above the limit of CNY 10.00 for one charge" }))
 */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

const fields = {
  /** What happened, in words for the caller. Never holds a credential, a key or a provider's raw answer. */
  detail: Schema.String
}

/** The request carries no credential that any installed protocol knows. */
export class PaymentRequired extends Schema.TaggedError<PaymentRequired>()("PaymentRequired", fields) {}
/** Two credentials in one request. Neither is used. */
export class CredentialAmbiguous extends Schema.TaggedError<CredentialAmbiguous>()("CredentialAmbiguous", {
  ...fields,
  /** What was found, by protocol or header name. */
  found: Schema.Array(Schema.String)
}) {}
/** The credential cannot be read. */
export class CredentialMalformed extends Schema.TaggedError<CredentialMalformed>()("CredentialMalformed", fields) {}
/** The credential is of a version that the protocol does not speak. */
export class UnsupportedVersion extends Schema.TaggedError<UnsupportedVersion>()("UnsupportedVersion", fields) {}
/** The signature does not fit, or its key is not trusted. */
export class SignatureInvalid extends Schema.TaggedError<SignatureInvalid>()("SignatureInvalid", fields) {}
/** The window of the mandate is over. */
export class CredentialExpired extends Schema.TaggedError<CredentialExpired>()("CredentialExpired", fields) {}
/** The window of the mandate has not begun. */
export class CredentialNotYetValid extends Schema.TaggedError<CredentialNotYetValid>()(
  "CredentialNotYetValid",
  fields
) {}
/** The provider says that the mandate is revoked, suspended, finished or unknown. */
export class CredentialRevoked extends Schema.TaggedError<CredentialRevoked>()("CredentialRevoked", fields) {}
/** The credential belongs to another session. */
export class SessionMismatch extends Schema.TaggedError<SessionMismatch>()("SessionMismatch", fields) {}
/** The credential was given for another request: resource, method, body, amount, currency or merchant differ. */
export class BindingMismatch extends Schema.TaggedError<BindingMismatch>()("BindingMismatch", fields) {}
/** The charge is outside the mandate's limits for one charge. */
export class LimitExceeded extends Schema.TaggedError<LimitExceeded>()("LimitExceeded", fields) {}
/** The charge does not fit in what is left of the mandate's budget. */
export class BudgetExceeded extends Schema.TaggedError<BudgetExceeded>()("BudgetExceeded", fields) {}
/** The mandate has been used as often as it may be. */
export class UsesExceeded extends Schema.TaggedError<UsesExceeded>()("UsesExceeded", fields) {}
/** The host's own spending limit is reached. */
export class SpendingLimitReached extends Schema.TaggedError<SpendingLimitReached>()("SpendingLimitReached", fields) {}
/** The mandate or the protocol does not allow any currency of the price. */
export class CurrencyNotAllowed extends Schema.TaggedError<CurrencyNotAllowed>()("CurrencyNotAllowed", fields) {}
/** The mandate does not allow this merchant. */
export class MerchantNotAllowed extends Schema.TaggedError<MerchantNotAllowed>()("MerchantNotAllowed", fields) {}
/** The mandate does not allow this category. */
export class CategoryNotAllowed extends Schema.TaggedError<CategoryNotAllowed>()("CategoryNotAllowed", fields) {}
/** The payment preference of the mandate cannot be honoured. */
export class PreferenceNotAllowed extends Schema.TaggedError<PreferenceNotAllowed>()("PreferenceNotAllowed", fields) {}
/** The provider refused the charge. */
export class PaymentDeclined extends Schema.TaggedError<PaymentDeclined>()("PaymentDeclined", {
  ...fields,
  /** The provider's own code, as it writes it. */
  providerCode: Schema.optionalKey(Schema.String)
}) {}
/** The charge was not settled before its expiry. */
export class ChargeExpired extends Schema.TaggedError<ChargeExpired>()("ChargeExpired", fields) {}
/** The `Idempotency-Key` cannot be read. */
export class IdempotencyKeyInvalid extends Schema.TaggedError<IdempotencyKeyInvalid>()(
  "IdempotencyKeyInvalid",
  fields
) {}
/** The idempotency key, or the once-credential, was used for another request. */
export class IdempotencyConflict extends Schema.TaggedError<IdempotencyConflict>()("IdempotencyConflict", fields) {}
/** The same request is being worked on right now. */
export class ChargeInFlight extends Schema.TaggedError<ChargeInFlight>()("ChargeInFlight", fields) {}
/** The charge is settled, and the host did not keep the answer. */
export class AlreadySettled extends Schema.TaggedError<AlreadySettled>()("AlreadySettled", fields) {}
/** The body is larger than the host takes. */
export class RequestTooLarge extends Schema.TaggedError<RequestTooLarge>()("RequestTooLarge", fields) {}
/** The provider cannot be reached, is too slow or is out of order. */
export class ProviderUnavailable extends Schema.TaggedError<ProviderUnavailable>()("ProviderUnavailable", fields) {}
/** The provider's answer is not authentic or cannot be read, so it counts for nothing. */
export class ProviderUntrusted extends Schema.TaggedError<ProviderUntrusted>()("ProviderUntrusted", fields) {}
/** Whether the charge was settled is not known yet. The resource is withheld. */
export class OutcomeUnknown extends Schema.TaggedError<OutcomeUnknown>()("OutcomeUnknown", fields) {}
/** The ledger did not record the step. */
export class LedgerUnavailable extends Schema.TaggedError<LedgerUnavailable>()("LedgerUnavailable", fields) {}
/** The protocol does not have this capability. */
export class CapabilityMissing extends Schema.TaggedError<CapabilityMissing>()("CapabilityMissing", fields) {}
/** The host asked a price that is no price. */
export class PriceInvalid extends Schema.TaggedError<PriceInvalid>()("PriceInvalid", fields) {}
/** The plug-in broke its contract: it died, or contradicted itself. */
export class ProtocolDefect extends Schema.TaggedError<ProtocolDefect>()("ProtocolDefect", fields) {}

const reasons = [
  PaymentRequired,
  CredentialAmbiguous,
  CredentialMalformed,
  UnsupportedVersion,
  SignatureInvalid,
  CredentialExpired,
  CredentialNotYetValid,
  CredentialRevoked,
  SessionMismatch,
  BindingMismatch,
  LimitExceeded,
  BudgetExceeded,
  UsesExceeded,
  SpendingLimitReached,
  CurrencyNotAllowed,
  MerchantNotAllowed,
  CategoryNotAllowed,
  PreferenceNotAllowed,
  PaymentDeclined,
  ChargeExpired,
  IdempotencyKeyInvalid,
  IdempotencyConflict,
  ChargeInFlight,
  AlreadySettled,
  RequestTooLarge,
  ProviderUnavailable,
  ProviderUntrusted,
  OutcomeUnknown,
  LedgerUnavailable,
  CapabilityMissing,
  PriceInvalid,
  ProtocolDefect
] as const

/** Any reason. */
export type Reason = (typeof reasons)[number]["Type"]

/** When the caller may try again. Named after the `retryability` values of ACT 2.1, plus `never`. */
export type Retry = "never" | "after-correction" | "after-authorization" | "query-first" | "retryable"

/** Whether money moved for this charge. */
export type Moved = "no" | "unknown" | "yes"

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
    "It was revoked, suspended or used up. Ask the principal for a new one."
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

/** A refused, failed or unknown payment. */
export class PaymentError extends Schema.TaggedError<PaymentError>()("PaymentError", {
  reason: Schema.Union(reasons),
  moved: Schema.Literals(["no", "unknown", "yes"]),
  /** The charge, once there is one. */
  chargeId: Schema.optionalKey(Schema.String),
  /** Seconds after which a retry makes sense (HTTP `Retry-After`). */
  retryAfter: Schema.optionalKey(Schema.Int)
}) {
  get entry(): Entry {
    return catalogue[this.reason._tag]
  }
  get code(): string {
    return this.entry.code
  }
  /** The reason's, except that 402 is never said while money may have moved: it would ask for a second payment. */
  get status(): number {
    return this.moved === "unknown" && this.entry.status === 402 ? 503 : this.entry.status
  }
  override get message(): string {
    return `${this.code}: ${this.reason.detail} (money moved: ${this.moved}). ${this.entry.hint}`
  }
}

/** An error that moved nothing, unless `moved` says otherwise. */
export const make = (
  reason: Reason,
  options: { readonly moved?: Moved; readonly chargeId?: string; readonly retryAfter?: number } = {}
): PaymentError => new PaymentError({ reason, moved: "no", ...options })

/** Fails with `make(reason, options)`. */
export const fail = (reason: Reason, options?: Parameters<typeof make>[1]): Effect.Effect<never, PaymentError> =>
  Effect.fail(make(reason, options))

/**
 * Whether the value is a `PaymentError`, be it of another copy of this package. Something that only looks like one is none: a
 * reason that the catalogue does not know has no status and no code.
 */
export const isPaymentError = (value: unknown): value is PaymentError =>
  Predicate.isTagged(value, "PaymentError") &&
  value instanceof Error &&
  "reason" in value &&
  Predicate.hasProperty(value.reason, "_tag") &&
  Object.hasOwn(catalogue, String(value.reason._tag))
