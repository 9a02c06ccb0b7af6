/**
 * Why a call was not bought, or why it is not known whether it was.
 */
import * as Schema from "effect/Schema"

/** One error, with a stable `reason`. No message holds a credential. */
export class PurchaseError extends Schema.TaggedError<PurchaseError>()("PurchaseError", {
  /**
   * - `no-wallet`: no wallet can pay in any of the ways the merchant offers.
   * - `above-cap`: it costs more than one call may, or is priced in a currency without a cap.
   * - `budget-exhausted`: it does not fit in what is left of a budget.
   * - `wallet-refused`: the wallet did not pay.
   * - `merchant-not-allowed`: nothing is paid to that origin, or not over that connection.
   * - `key-conflict`: the idempotency key belongs to another call.
   * - `in-flight`: the same purchase is being made right now.
   * - `unresolved`: it was paid, or may have been, and no answer came. The same call again asks for that answer and pays nothing more.
   * - `ledger-unavailable`: the purchase could not be recorded, so it was not made.
   */
  reason: Schema.Literals([
    "no-wallet",
    "above-cap",
    "budget-exhausted",
    "wallet-refused",
    "merchant-not-allowed",
    "key-conflict",
    "in-flight",
    "unresolved",
    "ledger-unavailable"
  ]),
  message: Schema.String,
  /** Whether money moved, as far as this side knows. */
  moved: Schema.Literals(["no", "unknown"]),
  /** The purchase in the agent's ledger, once there is one. */
  purchase: Schema.optionalKey(Schema.String)
}) {}

/** An error of which nothing can have moved. */
export const refuse = (reason: PurchaseError["reason"], message: string): PurchaseError =>
  new PurchaseError({ reason, message, moved: "no" })
