/**
 * A payout: money on its way from the gateway to a developer, in one currency, over one rail.
 *
 * It is made of parts, and each part is one request to the rail under a number of its own, which the rail makes at most one movement
 * of. Over Stripe there is one part; over Alipay one for each trade that the money is taken from.
 *
 * | state of a part | means | may become |
 * |---|---|---|
 * | `claimed` | the money is set aside in the book; nothing was sent, or what was sent is known to have done nothing | `sending` |
 * | `sending` | the rail is being asked, or was when a gateway died | `paid`, `failed`, `unknown`, `claimed` |
 * | `unknown` | nobody can tell what the rail did; it is looked up until somebody can | `paid`, `sending` |
 * | `paid` | the rail moved the money | `reversed` |
 * | `failed` | the rail refused for good; the money is the developer's to be paid again | |
 * | `reversed` | the rail took all of it back; the money is the developer's to be paid again | |
 *
 * A payout is in the state of those parts that are not over; else `paid` where any of them is, else `reversed` where any is, else
 * `failed`. How much of it was paid, came back and was taken back says `Payout` itself.
 */
import { Money } from "@paylayer/core/Money"
import * as Schema from "effect/Schema"
import type { Destination } from "./Developer.ts"

export const states = ["claimed", "sending", "unknown", "paid", "failed", "reversed"] as const
export const State = Schema.Literals(states)
export type State = typeof State.Type

/** The trade that a part is taken from, where the rail pays out of trades. */
export const Source = Schema.Struct({
  chargeId: Schema.String,
  /** The provider's number of it. */
  tradeNo: Schema.String,
  /** What was paid for it. */
  total: Money
})
export type Source = typeof Source.Type

/** One request to the rail. */
export interface Part {
  /** The rail makes at most one movement of a number. At most 32 letters, digits and underscores. */
  readonly number: string
  readonly money: Money
  readonly state: State
  readonly source?: Source
  /** The rail's number of the movement. */
  readonly reference?: string
  /** Why it is in this state. */
  readonly cause?: string
  /** When the rail was last asked. */
  readonly sentAtMillis?: number
  /** What was taken back of it, in minor units. */
  readonly reversed: bigint
}

/** What happened to a part, once. */
export interface Line {
  readonly atMillis: number
  /** The part's number. */
  readonly part: string
  readonly state: State
  readonly cause?: string
}

export interface Payout {
  /** `po_` and 20 hexadecimal digits. */
  readonly id: string
  readonly developer: string
  readonly destination: Destination
  /** What was set aside for it: what its parts add up to. */
  readonly money: Money
  readonly state: State
  /** What the rail has moved, came back because the rail refused, and was taken back after it was paid, in minor units. */
  readonly paid: bigint
  readonly returned: bigint
  readonly reversed: bigint
  /** The day on which it fell due, `"2026-11-28"`. Absent where an operator asked for it. */
  readonly due?: string
  readonly createdAtMillis: number
  readonly changedAtMillis: number
  /** The rail's number of the movement, where there is one. */
  readonly reference?: string
  /** Why it is in this state: of the first part that says so. */
  readonly cause?: string
  readonly parts: ReadonlyArray<Part>
  /** Oldest first. */
  readonly journal: ReadonlyArray<Line>
}

/** Whether nothing more is to be done about a part. What was paid may still be taken back. */
export const isOver = (state: State): boolean => state === "paid" || state === "failed" || state === "reversed"

/** The state of a payout whose parts are in these. */
export const stateOf = (parts: ReadonlyArray<Pick<Part, "state">>): State => {
  const order = ["unknown", "sending", "claimed", "paid", "reversed", "failed"] as const
  return order.find((state) => parts.some((part) => part.state === state)) ?? "failed"
}

/** A payout's own members, of its parts. */
export const summary = (
  parts: ReadonlyArray<Part>
): Pick<Payout, "state" | "paid" | "returned" | "reversed" | "reference" | "cause"> => {
  const state = stateOf(parts)
  const sum = (of: State, minor: (part: Part) => bigint) =>
    parts.reduce((total, part) => (part.state === of ? total + minor(part) : total), 0n)
  const [only, another] = parts.flatMap(({ reference }) => reference ?? [])
  const cause = parts.find((part) => part.state === state && part.cause !== undefined)?.cause
  return {
    state,
    paid: sum("paid", ({ money }) => money.minor) + sum("reversed", ({ money }) => money.minor),
    returned: sum("failed", ({ money }) => money.minor),
    reversed: parts.reduce((total, { reversed }) => total + reversed, 0n),
    ...(only !== undefined && another === undefined && { reference: only }),
    ...(cause !== undefined && { cause })
  }
}
