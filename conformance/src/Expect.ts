/**
 * What a law expects of an outcome. Anything else is `Broken`, in words for people.
 */
import type { PaymentError, Reason } from "@paylayer/core/PaymentError"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { Broken, words } from "./Broken.ts"

/** What succeeded, else `what` was expected. */
export const accepted = <A>(
  result: Result.Result<A, PaymentError>,
  what: string,
  facts: ReadonlyArray<string> = []
): Effect.Effect<A, Broken> =>
  Result.isSuccess(result)
    ? Effect.succeed(result.success)
    : new Broken({ expected: what, actual: `it was ${words(result)}`, facts })

/** The refusal, for one of these reasons where any are named; else `what` was expected. */
export const refused = (
  result: Result.Result<unknown, PaymentError>,
  what: string,
  options: { readonly as?: ReadonlyArray<Reason["_tag"]>; readonly facts?: ReadonlyArray<string> } = {}
): Effect.Effect<PaymentError, Broken> =>
  Result.isFailure(result) && options.as?.includes(result.failure.reason._tag) !== false
    ? Effect.succeed(result.failure)
    : new Broken({ expected: what, actual: `it was ${words(result)}`, facts: options.facts ?? [] })

/** So many settlements and deliveries, or the law is broken. */
export const counted = (
  what: string,
  wanted: { readonly settlements: number; readonly deliveries: number },
  found: { readonly settlements: number; readonly deliveries: number },
  facts: ReadonlyArray<string> = []
): Effect.Effect<void, Broken> =>
  found.settlements === wanted.settlements && found.deliveries === wanted.deliveries
    ? Effect.void
    : new Broken({
        expected: `${what}: ${wanted.settlements} settlements and ${wanted.deliveries} deliveries`,
        actual: `there were ${found.settlements} settlements and ${found.deliveries} deliveries`,
        facts
      })
