/**
 * What a database that fails or is busy comes to.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import { GatewayStoreError } from "../GatewayStoreError.ts"

/** A failed database, for people. */
export const broken = ({ message, reason }: SqlError): GatewayStoreError => {
  const { cause } = reason
  const why = Predicate.isError(cause) ? ` (${cause.message})` : ""
  return new GatewayStoreError({ message: `the gateway's tables: ${message}${why}` })
}

/** What the database undid, or did not begin, and may be asked again. */
const undone: ReadonlySet<string> = new Set(["LockTimeoutError", "DeadlockError", "SerializationError"])

const realClock = Clock.Clock.defaultValue()

const schedule = Schedule.min([Schedule.exponential("1 millis", 1.5), Schedule.spaced("20 millis")]).pipe(
  Schedule.jittered,
  Schedule.upTo({ duration: "10 seconds" })
)

const isUndone = (error: unknown) => isSqlError(error) && undone.has(error.reason._tag)

/** Tries again while others write, for 10 seconds. They are real ones, whatever the clock is. */
export const patiently = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Clock.Clock, (clock) =>
    Effect.provideService(effect, Clock.Clock, clock).pipe(
      Effect.retry({ while: isUndone, schedule }),
      Effect.provideService(Clock.Clock, realClock)
    )
  )
