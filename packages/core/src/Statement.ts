/**
 * A provider's statement: what it says moved on a day. Reconciliation compares it with the ledger.
 *
 * @example
 * const statement: Statement = {
 *   protocols: ["voucher"],
 *   zone: DateTime.zoneMakeNamedUnsafe("UTC"),
 *   day: ({ date }) => Stream.fromIterable(linesOf(date))
 * }
 */
import type * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type { Currency } from "./Currency.ts"
import type { Day } from "./Day.ts"
import type { Money } from "./Money.ts"

/** Money that moved: to the merchant, or back to the payer. */
export interface Movement {
  readonly kind: "payment" | "refund"
  /** The charge; in a statement the merchant's number of the order, which is the charge's id with most protocols. */
  readonly chargeId: string
  /** The provider's number (Alipay: `trade_no`). A refund carries the number of its payment. */
  readonly reference: string
  /** Of a refund: the id that it was asked for under, where the statement says so. */
  readonly refundId?: string
  /** What moved. `kind` says which way. */
  readonly money: Money
  readonly atMillis: number
}

/**
 * Why there is no statement.
 *
 * - `not-ready`: the provider has not made it yet; ask later
 * - `unavailable`: the provider did not give it; asking again may help
 * - `malformed`: what it gave cannot be read; nothing of it is used
 */
export class StatementError extends Schema.TaggedError<StatementError>()("StatementError", {
  reason: Schema.Literals(["not-ready", "unavailable", "malformed"]),
  message: Schema.String
}) {}

export interface Statement {
  /** The ids of the protocols whose charges it is about. */
  readonly protocols: ReadonlyArray<string>
  /** The zone of its days. */
  readonly zone: DateTime.TimeZone
  /** The currencies that it tells of. Default: all. */
  readonly currencies?: ReadonlyArray<Currency>
  /**
   * Whether an order's number was given by one of its protocols, where those do not use the charge's id. Such orders are known
   * to the ledger by `reference` only.
   */
  readonly isOwn?: (number: string) => boolean
  /** All that moved on the day, in any order. Also orders that are none of this ledger's. */
  readonly day: (day: Day) => Stream.Stream<Movement, StatementError>
}
