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
import { catalogue, type Entry } from "./internal/errorCatalogue.ts"

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
/** The quote that the charge was priced with expired before it was settled. */
export class QuoteExpired extends Schema.TaggedError<QuoteExpired>()("QuoteExpired", fields) {}
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
/** The body is not what the resource takes. Asked before payment, where the host says what it takes. */
export class RequestInvalid extends Schema.TaggedError<RequestInvalid>()("RequestInvalid", fields) {}
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
/** The ledger knows no such charge. */
export class ChargeNotFound extends Schema.TaggedError<ChargeNotFound>()("ChargeNotFound", fields) {}
/** There is nothing to give back, or not as much, or not in this currency. */
export class RefundRefused extends Schema.TaggedError<RefundRefused>()("RefundRefused", fields) {}
/** The provider gave nothing back. */
export class RefundDeclined extends Schema.TaggedError<RefundDeclined>()("RefundDeclined", {
  ...fields,
  /** The provider's own code, as it writes it. */
  providerCode: Schema.optionalKey(Schema.String)
}) {}
/** Whether the money went back is not known yet. */
export class RefundUnknown extends Schema.TaggedError<RefundUnknown>()("RefundUnknown", fields) {}
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
  QuoteExpired,
  IdempotencyKeyInvalid,
  IdempotencyConflict,
  ChargeInFlight,
  AlreadySettled,
  RequestTooLarge,
  RequestInvalid,
  ProviderUnavailable,
  ProviderUntrusted,
  OutcomeUnknown,
  LedgerUnavailable,
  CapabilityMissing,
  ChargeNotFound,
  RefundRefused,
  RefundDeclined,
  RefundUnknown,
  PriceInvalid,
  ProtocolDefect
] as const

/** Any reason. */
export type Reason = (typeof reasons)[number]["Type"]

export { catalogue, type Entry, type Retry } from "./internal/errorCatalogue.ts"

/** Whether money moved for this charge; of a refund, whether it went back. */
export type Moved = "no" | "unknown" | "yes"

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
