/**
 * The ledger on SQLite: a file on one machine, durable on commit, for as many processes of it as there are.
 *
 * What is said to be recorded survives the process and the power: WAL, `synchronous = FULL`. Operations that arrive together
 * are committed together. A failed operation has recorded nothing; only a failing disk may leave it open what it kept.
 */
import * as Ledger from "@paylayer/core/Ledger"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Reactivity from "effect/reactivity/Reactivity"
import type * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Forgetting from "./internal/forgetting.ts"
import * as GroupCommit from "./internal/groupCommit.ts"
import * as Hosting from "./internal/hosting.ts"
import * as Listing from "./internal/listing.ts"
import * as Opening from "./internal/opening.ts"
import { broken, patiently } from "./internal/patience.ts"
import * as Writing from "./internal/writing.ts"
import type { SqliteLedgerError } from "./SqliteLedgerError.ts"

export interface Options {
  /** The path of the file. It is created where there is none, but its directory is not. Not on a network file system. */
  readonly filename: string
  /** For how long this host is taken to be alive without a sign of it; it gives one every third of it. Default: 30 seconds. */
  readonly lease?: Duration.Input
}

/** A host at the ledger of a file. It is gone when the scope closes. */
export const make = ({
  filename,
  lease = "30 seconds"
}: Options): Effect.Effect<Ledger.Ledger["Service"], SqliteLedgerError, Scope.Scope> =>
  Effect.gen(function* () {
    const client = yield* Opening.open(filename)
    const owner = yield* Hosting.host(client, Duration.fromInputUnsafe(lease))
    const commit = yield* GroupCommit.make(client)
    const writing = yield* client.exclusively((database) => Writing.make(database, owner))
    const forget = yield* client.exclusively(Forgetting.make)
    const { audit, list } = Listing.make(client, owner)

    const committed = <A, E>(write: (at: Ledger.Moment) => Result.Result<A, E>) =>
      Effect.flatMap(Ledger.moment, (at) => commit(() => write(at)))

    return Ledger.Ledger.of({
      owner,
      open: (opening) => committed((at) => writing.open(opening, at)),
      advance: (chargeId, ...steps) => committed((at) => writing.advance(chargeId, steps, at)),
      adopt: (chargeId) => committed((at) => writing.adopt(chargeId, at)),
      find: (chargeId) =>
        patiently(client.exclusively(() => writing.find(chargeId))).pipe(
          Effect.mapError(broken),
          Effect.flatMap(Effect.fromResult)
        ),
      list: (query = {}) => list(query),
      forget: (beforeMillis) =>
        Effect.gen(function* () {
          let touched = 0
          for (let more = true; more;) {
            const round = yield* commit(() => forget(beforeMillis))
            touched += round.touched
            more = round.more
          }
          return touched
        }),
      audit
    })
  }).pipe(Effect.mapError(Opening.explain(filename)), Effect.provide(Reactivity.layer))

/** The ledger of a file. */
export const layer = (options: Options): Layer.Layer<Ledger.Ledger, SqliteLedgerError> =>
  Layer.effect(Ledger.Ledger, make(options))
