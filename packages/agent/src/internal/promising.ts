/**
 * Where effects that need a payer become promises: what was rejected outside comes out as it was.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import type { Payer } from "../Payer.ts"

/** What gives a payer. A layer gets a runtime of its own. */
export type Services<E> = ManagedRuntime.ManagedRuntime<Payer, E> | Layer.Layer<Payer, E>

/** The reason with which a promise rejected, boxed so that it is told apart from ours. */
export class Rejected {
  readonly reason: unknown
  constructor(reason: unknown) {
    this.reason = reason
  }
}

export const rejecting = <A>(run: (signal: AbortSignal) => Promise<A>): Effect.Effect<A, Rejected> =>
  Effect.tryPromise({ try: run, catch: (reason) => new Rejected(reason) })

/** Runs effects until the signal aborts, and then rejects with its reason. */
export const promising = <E>(services: Services<E>) => {
  const runtime = ManagedRuntime.isManagedRuntime(services)
    ? services
    : ManagedRuntime.make(services as Layer.Layer<Payer, E>)
  return async <A, F>(effect: Effect.Effect<A, F, Payer>, signal: AbortSignal | undefined): Promise<A> => {
    const exit = await runtime.runPromiseExit(effect, signal === undefined ? {} : { signal })
    if (Exit.isSuccess(exit)) return exit.value
    if (signal?.aborted === true) throw signal.reason
    const error = Cause.squash(exit.cause)
    throw error instanceof Rejected ? error.reason : error
  }
}
