import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Schedule from "effect/Schedule"
import type * as Ledger from "../Ledger.ts"
import type { SpendingLimit } from "../SpendingLimit.ts"
import type * as Settling from "./settling.ts"

/** What the steps of a sale have in common. */
export interface Till {
  readonly ledger: Ledger.Ledger["Service"]
  readonly limits: ReadonlyArray<SpendingLimit>
  /** The most time one call may take. */
  readonly timeout: Duration.Duration
  /** The pauses before a provider or the ledger is asked again. */
  readonly backoff: Schedule.Schedule<unknown>
  readonly settling: ReturnType<typeof Settling.make>
  /** Runs beside the request, so that a client that goes away cannot tear a settlement in two. */
  readonly detached: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<Fiber.Fiber<A, E>, never, R>
}
