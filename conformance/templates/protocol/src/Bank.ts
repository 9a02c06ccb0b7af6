/**
 * The bank: what New protocol needs of its payment provider, as one service.
 *
 * Here is only what is asked and what can be answered. A real layer talks HTTP; the one in `test/BankDouble.ts` keeps accounts
 * in memory.
 */
import type { Charge } from "@paylayer/core/Charge"
import type { Mandate } from "@paylayer/core/Mandate"
import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/** The bank's "no", and the two ways of not knowing what it said. */
export class BankError extends Schema.TaggedError<BankError>()("BankError", {
  why: Schema.Literals(["revoked", "expired", "budget", "uses", "declined", "no answer", "not authentic"])
}) {}

/** Money that was taken. */
export interface Slip {
  /** The bank's own number for it. */
  readonly reference: string
  readonly takenAt: DateTime.Utc
}

export class Bank extends Context.Service<
  Bank,
  {
    /** What a token may buy. */
    readonly terms: (token: Redacted.Redacted<string>) => Effect.Effect<Mandate, BankError>
    /** Takes the charge's money, once per charge however often it is asked, and never more than the terms allow. */
    readonly take: (mandateId: string, charge: Charge) => Effect.Effect<Slip, BankError>
    /** The slip of a charge. A charge without one is closed by the question, and never taken afterwards. */
    readonly find: (mandateId: string, charge: Charge) => Effect.Effect<Slip | undefined, BankError>
  }
>()("new-protocol/Bank") {}
