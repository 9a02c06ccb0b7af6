/**
 * What a database that fails or is busy comes to.
 */
import { LedgerError } from "@paylayer/core/Ledger"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { SqlError } from "effect/sql/SqlError"

/** A failed database, for people. */
export const broken = ({ message }: SqlError): LedgerError =>
  new LedgerError({ message: `the file of the ledger: ${message}` })

const realClock = Clock.Clock.defaultValue()

const schedule = Schedule.min([Schedule.exponential("1 millis", 1.5), Schedule.spaced("20 millis")]).pipe(
  Schedule.jittered,
  Schedule.upTo({ duration: "10 seconds" })
)

/** Tries again while another process is writing, for 10 seconds. They are real ones, whatever the clock is. */
export const patiently = <A, E extends { readonly _tag: string }, R>(
  effect: Effect.Effect<A, E | SqlError, R>
): Effect.Effect<A, E | SqlError, R> =>
  Effect.flatMap(Clock.Clock, (clock) =>
    Effect.provideService(effect, Clock.Clock, clock).pipe(
      Effect.retry({
        while: (error) => "reason" in error && error.reason._tag === "LockTimeoutError",
        schedule
      }),
      Effect.provideService(Clock.Clock, realClock)
    )
  )
