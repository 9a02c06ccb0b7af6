/**
 * Why a delegation could not be asked for, listed or presented.
 */
import * as Schema from "effect/Schema"

/** One error, with a stable `reason`. No message holds a token, a code or a verifier. */
export class DelegationError extends Schema.TaggedError<DelegationError>()("DelegationError", {
  /**
   * - `wallet-unavailable`: the wallet cannot be reached, or answered nothing that can be read. Try again.
   * - `wallet-refused`: the wallet does not take the request; the message is its own.
   * - `wallet-untrusted`: the wallet's answer is not an answer to what was asked.
   * - `unknown-delegation`: no delegation has this id here.
   * - `not-granted`: the principal has not approved, has refused, or let the request expire.
   * - `merchant-not-allowed`: tokens are not sent there.
   * - `invalid-call`: the paid call cannot be built.
   * - `merchant-unavailable`: the merchant gave no answer; `moved` says whether money may have moved.
   */
  reason: Schema.Literals([
    "wallet-unavailable",
    "wallet-refused",
    "wallet-untrusted",
    "unknown-delegation",
    "not-granted",
    "merchant-not-allowed",
    "invalid-call",
    "merchant-unavailable"
  ]),
  message: Schema.String,
  /** Whether money moved, as far as this side knows. */
  moved: Schema.Literals(["no", "unknown"]),
  /** Present where repeating the call with this key is safe, and a call without it is not. */
  idempotencyKey: Schema.optionalKey(Schema.String)
}) {}

/** An error of which nothing can have moved. */
export const refuse = (reason: DelegationError["reason"], message: string): DelegationError =>
  new DelegationError({ reason, message, moved: "no" })
