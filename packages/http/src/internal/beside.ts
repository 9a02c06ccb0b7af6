/**
 * What a paid handler takes from where its layer was built, rather than from the request: the paywall, and the key beside it.
 */
import { Paywall } from "@paylayer/core/Paywall"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { ChallengeKey } from "../ChallengeKey.ts"

export const beside = (outer: Context.Context<Paywall>) => {
  const paywall = Context.get(outer, Paywall)
  const key = Context.get(outer, ChallengeKey)
  return <A, E, R>(selling: Effect.Effect<A, E, R>): Effect.Effect<A, E, Exclude<R, Paywall>> => {
    const paid = Effect.provideService(selling, Paywall, paywall)
    return key === undefined ? paid : Effect.provideService(paid, ChallengeKey, key)
  }
}
