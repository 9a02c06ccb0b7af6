/**
 * A host at a ledger's file that is open and up to date.
 */
import * as Ledger from "@paylayer/core/Ledger"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import type { SqliteClient } from "../SqliteClient.ts"
import * as Forgetting from "./forgetting.ts"
import * as GroupCommit from "./groupCommit.ts"
import * as Hosting from "./hosting.ts"
import * as Listing from "./listing.ts"
import { broken, patiently } from "./patience.ts"
import * as Writing from "./writing.ts"

export const serve = Effect.fnUntraced(function* (client: SqliteClient, lease: Duration.Duration) {
  const owner = yield* Hosting.host(client, lease)
  const commit = yield* GroupCommit.make(client)
  const writing = yield* client.exclusively((database) => Writing.make(database, owner))
  const forgetSome = yield* client.exclusively(Forgetting.make)
  const { audit, fullest, list } = Listing.make(client, owner)

  const committed = <A, E>(write: (at: Ledger.Moment) => Result.Result<A, E>) =>
    Effect.flatMap(Ledger.moment, (at) => commit(() => write(at)))

  const forget = Effect.fnUntraced(function* (beforeMillis: number) {
    let touched = 0
    for (let more = true; more;) {
      const round = yield* commit(() => forgetSome(beforeMillis))
      touched += round.touched
      more = round.more
    }
    return touched
  })

  return Ledger.Ledger.of({
    owner,
    open: (opening) => committed((at) => writing.open(opening, at)),
    advance: (chargeId, ...steps) => committed((at) => writing.advance(chargeId, steps, at)),
    adopt: (chargeId) => committed((at) => writing.adopt(chargeId, at)),
    claimRefund: (chargeId, claim) => committed((at) => writing.claimRefund(chargeId, claim, at)),
    advanceRefund: (chargeId, refundId, step) => committed((at) => writing.advanceRefund(chargeId, refundId, step, at)),
    find: (chargeId) =>
      patiently(client.exclusively(() => writing.find(chargeId))).pipe(
        Effect.mapError(broken),
        Effect.flatMap(Effect.fromResult)
      ),
    list: (query = {}) => list(query),
    fullest,
    forget,
    audit
  })
})
