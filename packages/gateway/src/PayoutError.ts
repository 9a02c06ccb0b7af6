/**
 * There is no such payout.
 */
import * as Schema from "effect/Schema"

/**
 * Why there is no such payout. Nothing was set aside.
 *
 * | reason | |
 * |---|---|
 * | `unknown-developer` | nobody of that id is configured |
 * | `no-destination` | no account is configured, or no rail that pays to it |
 * | `currency` | the rail, or the configuration, does not pay this currency |
 * | `nothing` | nothing is owed in it, or nothing that the rail could pay now |
 * | `not-found` | no payout has this id |
 * | `rail` | the rail could not be asked, or not say what to pay of |
 */
export class PayoutError extends Schema.TaggedError<PayoutError>()("PayoutError", {
  reason: Schema.Literals(["unknown-developer", "no-destination", "currency", "nothing", "not-found", "rail"]),
  message: Schema.String
}) {}
