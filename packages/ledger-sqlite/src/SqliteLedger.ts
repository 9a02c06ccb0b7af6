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
import type * as Scope from "effect/Scope"
import * as Opening from "./internal/opening.ts"
import { serve } from "./internal/serving.ts"
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
  Effect.flatMap(Opening.open(filename), (client) => serve(client, Duration.fromInputUnsafe(lease))).pipe(
    Effect.mapError(Opening.explain(filename)),
    Effect.provide(Reactivity.layer)
  )

/** The ledger of a file. */
export const layer = (options: Options): Layer.Layer<Ledger.Ledger, SqliteLedgerError> =>
  Layer.effect(Ledger.Ledger, make(options))
