/**
 * What every call into a ledger gets: a bound in time, and a `LedgerError` where it dies.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type { Charge } from "../Charge.ts"
import * as Ledger from "../Ledger.ts"
import * as Money from "../Money.ts"
import * as PaymentError from "../PaymentError.ts"
import { within } from "./bounded.ts"

/** The same ledger, but every call ends in time and fails only as the ledger's contract says. */
export const guarded = (ledger: Ledger.Ledger["Service"], limit: Duration.Duration): Ledger.Ledger["Service"] => {
  const guard = <A, E>(run: () => Effect.Effect<A, E>): Effect.Effect<A, E | Ledger.LedgerError> =>
    Effect.flatMap(within(limit, run), (exit): Effect.Effect<A, E | Ledger.LedgerError> => {
      if (exit === undefined)
        return Effect.fail(new Ledger.LedgerError({ message: "the ledger did not answer in time" }))
      if (Exit.isSuccess(exit)) return exit
      const failure = Exit.findError(exit)
      return Effect.fail(
        Result.isSuccess(failure) ? failure.success : new Ledger.LedgerError({ message: "the ledger died" })
      )
    })
  return {
    owner: ledger.owner,
    open: (opening) => guard(() => ledger.open(opening)),
    advance: (chargeId, ...steps) => guard(() => ledger.advance(chargeId, ...steps)),
    claimRefund: (chargeId, claim) => guard(() => ledger.claimRefund(chargeId, claim)),
    advanceRefund: (chargeId, refundId, step) => guard(() => ledger.advanceRefund(chargeId, refundId, step)),
    find: (chargeId) => guard(() => ledger.find(chargeId)),
    list: (query) => guard(() => ledger.list(query)),
    fullest: (query) => guard(() => ledger.fullest(query)),
    adopt: (chargeId) => guard(() => ledger.adopt(chargeId)),
    forget: (beforeMillis) => guard(() => ledger.forget(beforeMillis)),
    audit: guard(() => ledger.audit)
  }
}

const refusedBy = (charge: Charge, { kind, remaining }: Ledger.ReservationRefused): PaymentError.Reason => {
  const price = Money.print(charge.money)
  switch (kind) {
    case "budget":
      return new PaymentError.BudgetExceeded({
        detail: `${price} does not fit in the ${Money.print({ ...charge.money, minor: remaining })} left of the budget`
      })
    case "uses":
      return new PaymentError.UsesExceeded({ detail: "the mandate has been used as often as it may be" })
    case "spending-limit":
      // What is left under a limit of the host is the host's own business.
      return new PaymentError.SpendingLimitReached({
        detail: `${price} does not fit in a spending limit of this service`
      })
  }
}

/** Turns the ledger's failures into payment errors; `moved` says what is known of the money at that step. */
export const recording = <A>(
  charge: Charge,
  effect: Effect.Effect<A, Ledger.LedgerError | Ledger.ReservationRefused>,
  moved: PaymentError.Moved
): Effect.Effect<A, PaymentError.PaymentError> =>
  Effect.mapError(effect, (error) =>
    error._tag === "ReservationRefused"
      ? PaymentError.make(refusedBy(charge, error), { moved, chargeId: charge.id })
      : PaymentError.make(new PaymentError.LedgerUnavailable({ detail: "the ledger did not record the charge" }), {
          moved,
          chargeId: charge.id,
          retryAfter: 5
        })
  )
