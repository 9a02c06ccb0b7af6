/**
 * What moves a payout's money. Everything about once-only is built on two promises of a rail:
 *
 * - It makes at most one movement of a number, however often it is asked, as long as the money and the destination are the same.
 * - `lookup` finds the movement of a number once it was made.
 *
 * A request that went unanswered may still act later, up to `inFlight` after it was sent; only after that does "there is none" count.
 */
import type { Currency } from "@paylayer/core/Currency"
import type { Money } from "@paylayer/core/Money"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Destination } from "./Developer.ts"
import type { GatewayStoreError } from "./GatewayStoreError.ts"
import type { Source } from "./Payout.ts"

/** One request: what is sent, and sent again, under its number. */
export interface Instruction {
  readonly number: string
  readonly payout: string
  readonly developer: string
  readonly money: Money
  readonly destination: Destination
  readonly source?: Source
}

/** What a payout is to be made of. */
export interface Planned {
  readonly money: Money
  readonly source?: Source
}

/** What the rail has of a number. */
export type Found =
  | {
      readonly _tag: "Paid"
      readonly reference: string
      /** What was taken back of it since, each once by its own number, in minor units. */
      readonly reversals: ReadonlyArray<{ readonly id: string; readonly minor: bigint }>
    }
  | { readonly _tag: "NotPaid" }
  /** The rail is still at it. */
  | { readonly _tag: "Pending" }

/**
 * Why a request did not come to a movement, as far as anybody knows.
 *
 * | reason | | `moved` |
 * |---|---|---|
 * | `refused` | the rail said no to this request, and will say so again: the account is closed, the trade has no money left | no |
 * | `later` | the rail did not take it up now: too many requests, a wrong key, too early. Asked again under the same number | no |
 * | `unknown` | it went unanswered, or the answer tells nothing. It is looked up before it is asked again | unknown |
 */
export class RailError extends Schema.TaggedError<RailError>()("RailError", {
  reason: Schema.Literals(["refused", "later", "unknown"]),
  moved: Schema.Literals(["no", "unknown"]),
  message: Schema.String,
  /** The rail's own word for it. */
  code: Schema.optionalKey(Schema.String)
}) {}

export interface PayoutRail {
  /** The `rail` of destinations it pays to; also the owner of the provider's account in the book. */
  readonly id: Destination["rail"]
  readonly pays: (currency: Currency) => boolean
  /** For how long after it was sent a request may still act. */
  readonly inFlight: Duration.Duration
  /**
   * Of what a payout of at most this much would be made. What comes to less, or to nothing, leaves the rest for another day. It is
   * asked inside the transaction that sets the money aside, one payout of a developer and currency at a time.
   */
  readonly plan: (
    developer: string,
    atMost: Money
  ) => Effect.Effect<ReadonlyArray<Planned>, RailError | GatewayStoreError>
  readonly send: (instruction: Instruction) => Effect.Effect<{ readonly reference?: string } | "pending", RailError>
  readonly lookup: (instruction: Instruction) => Effect.Effect<Found, RailError>
}
